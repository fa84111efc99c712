import { z } from 'zod'
import { nothing, type Route } from './route.ts'

const cacheStatsSchema = z.object({
  enabled: z.boolean(),
  ttlMinutes: z.number(),
  maxAnswers: z.int(),
  entries: z.int().nonnegative().describe('answers that can be given'),
  bytes: z.int().nonnegative().describe('of their vectors and texts'),
  hits: z.object({
    exact: z.int().nonnegative().describe('the same question'),
    semantic: z.int().nonnegative().describe('a question that asks the same'),
  }),
  misses: z.int().nonnegative(),
  outdated: z
    .int()
    .nonnegative()
    .describe('of the misses: an answer was there, but what it searched had changed'),
  refusals: z
    .record(z.string(), z.int().positive())
    .describe('similar questions that do not ask the same, by what made the difference'),
})

export const cacheRoutes = {
  cacheStats: {
    ...nothing,
    method: 'GET',
    path: '/cache',
    summary: 'What the answer cache holds and how it was used since the daemon started',
    response: cacheStatsSchema,
  },
  clearCache: {
    ...nothing,
    method: 'DELETE',
    path: '/cache',
    summary: 'Forget all cached answers; they stay in their conversations',
    response: z.object({ cleared: z.int().nonnegative() }),
  },
} as const satisfies Record<string, Route>
