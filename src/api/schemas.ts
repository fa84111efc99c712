import { z } from 'zod'
import { COLLECTION_NAME, INDEX_PROBLEMS } from '../domain/document.ts'
import { ERROR_CODES } from '../domain/errors.ts'
import { JOB_KINDS, JOB_STATES, STAGED_STATES } from '../domain/job.ts'
import { errorBodySchema } from '../protocol/shapes.ts'

export const collectionName = z
  .string()
  .regex(
    COLLECTION_NAME,
    'lower-case letters, digits, dot, dash and underscore, at most 63, starting with a letter or digit',
  )

/** What a route takes unless it says otherwise. */
export const nothing = {
  params: z.object({}),
  query: z.object({}),
  headers: z.object({}),
  body: z.undefined(),
}

export const collectionSettings = {
  cache: z.boolean().describe('whether answers from it may be reused'),
  engine: z
    .string()
    .max(64)
    .nullable()
    .describe('answers questions that name no engine; null: the configured one'),
}

export const collectionSchema = z.object({
  id: z.string(),
  name: z.string(),
  revision: z.int().nonnegative(),
  ...collectionSettings,
  documents: z.int().nonnegative(),
  chunks: z.int().nonnegative(),
  createdAt: z.iso.datetime(),
})

export const cacheStatsSchema = z.object({
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

export const documentSchema = z.object({
  id: z.string(),
  collection: z.string(),
  uri: z.string(),
  title: z.string(),
  mediaType: z.string(),
  language: z.enum(['en', 'ru']),
  bytes: z.int().nonnegative().describe('size of the file'),
  length: z.int().nonnegative().describe('length of the stored text, UTF-16 code units'),
  chunks: z.int().nonnegative(),
  hash: z.string().describe("SHA-256 of the file's bytes, hex"),
  warnings: z.array(z.string()),
  metadata: z.record(z.string(), z.string()).describe('what the document says of itself'),
  modifiedAt: z.iso
    .datetime()
    .nullable()
    .describe('as the document says, else when the file was last written'),
  ingestedAt: z.iso.datetime(),
})

export const sourceId = z.uuid()

const validatorsSchema = z.object({
  etag: z.string().max(1024).optional(),
  lastModified: z.string().max(100).optional(),
})

const patterns = z.array(z.string().min(1).max(1024)).max(100)

export const newSourceSchema = z.object({
  kind: z.enum(['folder', 'git', 'glob', 'url']),
  location: z.string().min(1).max(2048).describe('absolute path or pattern, or URL'),
  machine: z.string().max(255).describe('name of the machine whose files these are; empty for a URL'),
  options: z.object({
    root: z.string().max(4096).optional().describe('folder that documents are named relative to'),
    include: patterns.optional().describe('as in .gitignore'),
    exclude: patterns.optional().describe('as in .gitignore'),
  }),
})

export const sourceSchema = newSourceSchema.extend({
  id: sourceId,
  collection: z.string(),
  validators: validatorsSchema,
  createdAt: z.iso.datetime(),
  syncedAt: z.iso.datetime().nullable().describe('when it was last read to its end'),
})

export const sourceSummarySchema = sourceSchema.extend({ documents: z.int().nonnegative() })

const changedUri = z.string().min(1).max(2048)

export const sourceChangesSchema = z.object({
  moves: z
    .array(z.object({ from: changedUri, to: changedUri }))
    .max(250)
    .default([]),
  removals: z.array(changedUri).max(250).default([]),
})

export const syncedSchema = z.object({ validators: validatorsSchema.default({}) })

export const manifestSchema = z.object({
  source: sourceId.optional().describe('these files are documents of this source from now on'),
  files: z
    .array(
      z.object({
        uri: z.string().min(1).max(2048),
        bytes: z.int().nonnegative(),
        hash: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .max(1000),
})

export const generationSchema = z.object({
  id: z.int(),
  collection: z.string(),
  reference: z.string().describe('how the model is named: `builtin`, `org/name` or a folder'),
  model: z.string(),
  dimensions: z.int(),
  splitter: z.string(),
  state: z.enum(['building', 'active', 'retired']),
  documents: z.int(),
  chunks: z.int(),
  access: z.string().describe('`exact`, or the name of the approximate index'),
  bytes: z.int().describe('on disk: vectors and their indexes'),
  createdAt: z.iso.datetime(),
})

export const verificationSchema = z.object({
  collection: z.string(),
  generation: z.int().nullable().describe('null: nothing was ever ingested'),
  documents: z.int(),
  chunks: z.int(),
  recall: z
    .number()
    .nullable()
    .describe('of the approximate index against an exact search, on a sample; null where there is none'),
  problems: z.array(
    z.object({
      kind: z.enum(INDEX_PROBLEMS),
      count: z.int(),
      fixed: z.boolean(),
      examples: z.array(z.string()),
    }),
  ),
})

export const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(JOB_KINDS),
  collection: z.string(),
  state: z.enum(JOB_STATES),
  sealed: z.boolean().describe('nothing will be added any more'),
  documents: z.int().describe('that were received'),
  indexed: z.int(),
  failed: z.int(),
  replaced: z.int().describe('whose place a later upload of the same document took'),
  chunks: z.int(),
  embedded: z.int().describe('chunks with a new vector'),
  reused: z.int().describe('chunks whose vector was there already'),
  current: z.string().nullable().describe('uri of the document in work'),
  waiting: z.string().nullable().describe('what it waits for, when something outside fails'),
  errorCode: z.enum(ERROR_CODES).nullable(),
  errorMessage: z.string().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
})

export const jobDocumentSchema = z.object({
  id: z.int().describe('rises in the order in which documents are received'),
  uri: z.string(),
  state: z.enum(STAGED_STATES),
  chunks: z.int(),
  warnings: z.array(z.string()),
  document: z.string().nullable().describe('id of the indexed document'),
  errorCode: z.enum(ERROR_CODES).nullable(),
  errorMessage: z.string().nullable(),
})

const componentSchema = z.object({
  name: z.string(),
  state: z.enum(['ok', 'degraded', 'down']),
  detail: z.string(),
})

/** Of this daemon since it started. */
export const figuresSchema = z.object({
  latency: z
    .array(
      z.object({
        stage: z.string().describe('of an answer; `answer` is the whole'),
        count: z.int(),
        p50Ms: z.number(),
        p95Ms: z.number(),
      }),
    )
    .describe('read from the buckets of the histograms in /metrics'),
  tokens: z
    .array(z.object({ engine: z.string(), prompt: z.int(), completion: z.int() }))
    .describe('that engines read and wrote'),
})

export const statusSchema = z.object({
  version: z.string(),
  pid: z.int(),
  startedAt: z.iso.datetime(),
  uptimeSeconds: z.number(),
  ready: z.boolean(),
  draining: z.boolean(),
  dataDir: z.string(),
  listen: z.string().nullable().describe('TCP address, when the daemon listens on one'),
  tokenFile: z.string().nullable(),
  database: z.string(),
  embedder: z.object({
    model: z.string().describe('of new collections'),
    loaded: z.array(z.string()).describe('embedding models in memory'),
    queued: z.int().describe('texts that wait for one'),
  }),
  engine: z.string(),
  sockets: z.int(),
  asksInFlight: z.int(),
  indexing: z
    .array(z.object({ collection: z.string(), documents: z.int() }))
    .describe('documents that were received and cannot be found yet'),
  idleStopMinutes: z.number().nullable().describe('stops by itself after so long without work; null: never'),
  memoryBytes: z.int(),
  eventLoopDelayMs: z.object({ mean: z.number(), p99: z.number(), max: z.number() }),
  cache: z.object({
    entries: z.int(),
    hits: z.int(),
    exact: z.int().describe('hits by the same question'),
    semantic: z.int().describe('hits by one that means the same'),
    misses: z.int(),
  }),
  pool: z
    .object({ idle: z.int(), busy: z.int(), waiting: z.int().describe('work that waits for a connection') })
    .describe('connections to the database'),
  jobs: z.array(jobSchema).describe('that run: those of everybody for an administrator'),
  ...figuresSchema.shape,
  components: z.array(componentSchema),
})

export const configEntrySchema = z.object({
  key: z.string(),
  value: z.unknown(),
  source: z.string().describe('where the value comes from'),
})

/** The body of every response with a status of 400 or more. */
export const errorResponseSchema = z.object({ error: errorBodySchema })

/** GET /healthz and /readyz, outside the versioned API and without a token. */
export const healthSchema = z.object({
  status: z
    .enum(['ok', 'degraded', 'starting', 'draining', 'failing'])
    .describe('`degraded`: questions are answered, but something that helps is missing'),
  version: z.string(),
  detail: z.string().optional().describe('what is awaited or what fails'),
})
