import { z } from 'zod'
import { nothing, type Route } from './route.ts'

export const engineRoutes = {
  listEngines: {
    ...nothing,
    method: 'GET',
    path: '/engines',
    summary: 'The configured engines and their state',
    response: z.object({
      engines: z.array(
        z.object({
          name: z.string(),
          kind: z.string(),
          model: z.string(),
          used: z.enum(['first', 'as a fallback', 'on request']),
          state: z.enum(['ok', 'resting']),
          because: z.string().optional(),
        }),
      ),
    }),
  },
  testEngine: {
    ...nothing,
    method: 'POST',
    path: '/engines/:name/test',
    summary: 'Ask an engine a small question',
    params: z.object({ name: z.string().min(1).max(64) }),
    response: z.object({
      text: z.string(),
      firstMs: z.int(),
      totalMs: z.int(),
      usage: z.object({ promptTokens: z.int(), completionTokens: z.int() }).optional(),
      warnings: z.array(z.string()),
    }),
  },
} as const satisfies Record<string, Route>
