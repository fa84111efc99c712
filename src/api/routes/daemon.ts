import { z } from 'zod'
import { jobSchema } from './jobs.ts'
import { nothing, type Route } from './route.ts'

const configEntrySchema = z.object({
  key: z.string(),
  value: z.unknown(),
  source: z.string().describe('where the value comes from'),
})

const componentSchema = z.object({
  name: z.string(),
  state: z.enum(['ok', 'degraded', 'down']),
  detail: z.string(),
})

/** Figures of this daemon since it started. */
export const figuresSchema = z.object({
  latency: z
    .array(
      z.object({
        stage: z.string().describe('stage of an answer; `answer` is the whole'),
        count: z.int(),
        p50Ms: z.number(),
        p95Ms: z.number(),
      }),
    )
    .describe('estimated from the histogram buckets in /metrics'),
  tokens: z
    .array(z.object({ engine: z.string(), prompt: z.int(), completion: z.int() }))
    .describe('tokens that engines read and wrote'),
})

export const statusSchema = z.object({
  version: z.string(),
  pid: z.int(),
  startedAt: z.iso.datetime(),
  uptimeSeconds: z.number(),
  ready: z.boolean(),
  draining: z.boolean(),
  dataDir: z.string(),
  listen: z.string().nullable().describe('TCP address if the daemon listens on one; for administrators'),
  tokenFile: z.string().nullable(),
  database: z.string(),
  embedder: z.object({
    model: z.string().describe('model of new collections'),
    loaded: z.array(z.string()).describe('embedding models in memory'),
    queued: z.int().describe('texts waiting for embedding'),
  }),
  engine: z.string(),
  sockets: z.int(),
  asksInFlight: z.int(),
  indexing: z
    .array(z.object({ collection: z.string(), documents: z.int() }))
    .describe('documents that were received but are not searchable yet'),
  idleStopMinutes: z
    .number()
    .nullable()
    .describe('stops by itself after this time without work; null: never'),
  memoryBytes: z.int(),
  eventLoopDelayMs: z.object({ mean: z.number(), p99: z.number(), max: z.number() }),
  cache: z.object({
    entries: z.int(),
    hits: z.int(),
    exact: z.int().describe('hits by the same question'),
    semantic: z.int().describe('hits by a question that means the same'),
    misses: z.int(),
  }),
  pool: z
    .object({ idle: z.int(), busy: z.int(), waiting: z.int().describe('requests waiting for a connection') })
    .describe('database connections'),
  jobs: z.array(jobSchema).describe('running jobs; for an administrator those of all users'),
  ...figuresSchema.shape,
  components: z.array(componentSchema),
})

export const daemonRoutes = {
  status: {
    ...nothing,
    method: 'GET',
    path: '/status',
    summary: 'State of the daemon and its parts',
    query: z.object({
      resetDelay: z.stringbool().optional().describe('reset the event loop delay'),
    }),
    response: statusSchema,
  },
  config: {
    ...nothing,
    method: 'GET',
    path: '/config',
    summary: 'The configuration in force and where each value comes from; secrets masked',
    response: z.object({ entries: z.array(configEntrySchema) }),
  },
  shutdown: {
    ...nothing,
    method: 'POST',
    path: '/shutdown',
    summary: 'Drain and stop; only through the local socket',
    response: z.object({ pid: z.int(), graceMs: z.int() }),
  },
} as const satisfies Record<string, Route>
