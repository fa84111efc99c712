import { z } from 'zod'
import { nothing, type Route } from './route.ts'

const cacheStatsSchema = z.object({
  enabled: z.boolean(),
  ttlMinutes: z.number(),
  maxAnswers: z.int(),
  entries: z.int().nonnegative().describe('valid answers'),
  bytes: z.int().nonnegative().describe('size of their vectors and texts'),
  hits: z.object({
    exact: z.int().nonnegative().describe('hits by the same question'),
    semantic: z.int().nonnegative().describe('hits by a question that asks the same'),
  }),
  misses: z.int().nonnegative(),
  outdated: z
    .int()
    .nonnegative()
    .describe('misses where an answer existed, but what it searched had changed'),
  refusals: z
    .record(z.string(), z.int().positive())
    .describe('similar questions that ask something else, by the difference'),
})

export const cacheRoutes = {
  cacheStats: {
    ...nothing,
    method: 'GET',
    path: '/cache',
    summary: 'Contents of the answer cache, and its use since the daemon started',
    response: cacheStatsSchema,
  },
  clearCache: {
    ...nothing,
    method: 'DELETE',
    path: '/cache',
    summary: 'Clear the answer cache; conversations keep their answers',
    response: z.object({ cleared: z.int().nonnegative() }),
  },
} as const satisfies Record<string, Route>
