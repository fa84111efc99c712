import { z } from 'zod'
import { errorBodySchema } from '../protocol/shapes.ts'

/** The body of every response with a status of 400 or more. */
export const errorResponseSchema = z.object({ error: errorBodySchema })

/** GET /healthz and /readyz, outside the versioned API and without a token. */
export const healthSchema = z.object({
  status: z
    .enum(['ok', 'degraded', 'starting', 'draining', 'failing'])
    .describe('`degraded`: questions are answered, but an optional part is missing'),
  version: z.string(),
  detail: z.string().optional().describe('what it waits for or what fails'),
})
