/** Every setting, its default and its meaning: the source of validation and of docs/CONFIGURATION.md. */
import { z } from 'zod'
import { COLLECTION_NAME } from '../domain/document.ts'
import { retrievalSchema } from '../retrieval/settings.ts'

const minutes = (least: number) => z.number().min(least).max(525_600)
const milliseconds = (least: number) => z.int().min(least).max(86_400_000)

const engineSchema = z.strictObject({
  baseUrl: z.url({ protocol: /^https?$/ }).describe('base URL of an OpenAI-compatible API, with its `/v1`'),
  model: z.string().min(1).describe('model name, as that API calls it'),
  apiKey: z
    .string()
    .min(1)
    .optional()
    .meta({ secret: true })
    .describe('API key; better in the environment or in `apiKeyFile`'),
  apiKeyFile: z.string().min(1).optional().describe('file that holds the API key'),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .optional()
    .describe('sampling temperature; without it 0, or what the model insists on'),
  maxTokens: z.int().min(1).max(100_000).default(800).describe('longest answer, in tokens'),
  contextTokens: z
    .int()
    .min(512)
    .max(10_000_000)
    .default(8192)
    .describe(
      "the engine's context window, in tokens; passages and earlier turns that do not fit are left out",
    ),
  timeoutMs: milliseconds(1000).default(120_000).describe('longest wait for the next piece of an answer'),
})

export type EngineConfig = z.output<typeof engineSchema>

export const configSchema = z.strictObject({
  dataDir: z.string().min(1).describe('folder of the database, models, logs and the socket'),
  collection: z
    .string()
    .regex(COLLECTION_NAME)
    .default('default')
    .describe('collection that `ingest` fills unless told'),
  server: z
    .strictObject({
      tcp: z.boolean().default(true).describe('listen on TCP besides the local socket'),
      host: z
        .string()
        .min(1)
        .default('127.0.0.1')
        .describe('TCP address to bind; loopback unless you open it'),
      port: z.int().min(0).max(65_535).default(7474).describe('TCP port; 0 takes any free one'),
      allowedHosts: z.array(z.string()).default([]).describe('further Host names that requests may carry'),
      allowedOrigins: z
        .array(z.string())
        .default([])
        .describe('web origins that may connect, as `https://host`'),
      maxFrameBytes: z
        .int()
        .min(16_384)
        .max(16_777_216)
        .default(65_536)
        .describe('largest WebSocket frame accepted'),
      maxSockets: z.int().min(1).max(100_000).default(1000).describe('WebSocket connections at once'),
      maxBufferedBytes: z
        .int()
        .min(65_536)
        .default(4_194_304)
        .describe('unsent bytes after which a slow client is cut off'),
      maxAsksPerSocket: z
        .int()
        .min(1)
        .max(1000)
        .default(8)
        .describe('answers, and as many searches, at once on one socket'),
      maxAsks: z.int().min(1).max(10_000).default(64).describe('answers at once in the daemon'),
      helloTimeoutMs: milliseconds(100).default(10_000).describe('time for the first message'),
      pingIntervalMs: milliseconds(100)
        .default(25_000)
        .describe('pause between pings; two missed ones end the socket'),
      drainMs: milliseconds(0).default(15_000).describe('time that running answers get at shutdown'),
    })
    .prefault({}),
  daemon: z
    .strictObject({
      idleMinutes: minutes(0.01)
        .default(30)
        .describe('a daemon that a command started stops after so long without work'),
      startTimeoutMs: milliseconds(1000)
        .default(60_000)
        .describe('how long a command waits for the daemon to be ready'),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z
        .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])
        .default('info')
        .describe('least severe entry that is logged'),
      maxMegabytes: z
        .number()
        .min(0.01)
        .max(10_000)
        .default(10)
        .describe('size at which the log file is rotated'),
      files: z.int().min(1).max(100).default(3).describe('rotated files kept'),
    })
    .prefault({}),
  database: z
    .strictObject({
      url: z
        .url({ protocol: /^postgres(ql)?$/ })
        .optional()
        .meta({ secret: true, env: 'DATABASE_URL' })
        .describe('PostgreSQL with pgvector; without it the embedded PGlite'),
      poolSize: z.int().min(2).max(200).default(10).describe('connections to PostgreSQL'),
    })
    .prefault({}),
  embedder: z
    .strictObject({
      workers: z.int().min(1).max(64).default(2).describe('embedding threads, one text at a time each'),
    })
    .prefault({}),
  ingest: z
    .strictObject({
      maxFileBytes: z.int().min(1024).default(67_108_864).describe('largest file accepted, in bytes'),
      maxTextLength: z
        .int()
        .min(1024)
        .default(33_554_432)
        .describe('longest text of a document, in UTF-16 code units'),
      parserMemoryMegabytes: z.int().min(128).default(1024).describe('memory of a document parser process'),
      allowPrivateUrls: z
        .boolean()
        .default(false)
        .describe('ingest web pages of this machine and of private networks too'),
      urlTimeoutMs: milliseconds(100).default(60_000).describe('time that one web page may take to arrive'),
      parserTimeoutMs: milliseconds(1000)
        .default(120_000)
        .describe('time that one document may take to parse'),
    })
    .prefault({}),
  retrieval: retrievalSchema.prefault({}),
  reranker: z
    .strictObject({
      folder: z
        .string()
        .min(1)
        .optional()
        .describe('folder of a cross-encoder in ONNX, laid out as on the model hub; without it none is used'),
    })
    .prefault({}),
  answer: z
    .strictObject({
      engine: z
        .string()
        .min(1)
        .default('extractive')
        .describe('engine that answers unless a request names one'),
      historyTurns: z
        .int()
        .min(0)
        .max(100)
        .default(6)
        .describe('earlier turns of the conversation that an engine sees'),
      leaseMs: milliseconds(1000)
        .default(15_000)
        .describe('how long an answer is held by a daemon that went silent'),
    })
    .prefault({}),
  engines: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9-]*$/), engineSchema)
    .default({})
    .describe('OpenAI-compatible engines by name: Ollama, vLLM, llama-server, OpenAI, Groq'),
  cache: z
    .strictObject({
      enabled: z.boolean().default(true).describe('reuse answers to repeated questions'),
      ttlMinutes: minutes(0.01).default(1440).describe('age after which an answer is not reused'),
      maxMegabytes: z.number().min(0.1).max(100_000).default(64).describe('size of the cache in memory'),
      maxAnswers: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(10_000)
        .describe('answers that are kept for questions that ask the same; the longest unused go first'),
    })
    .prefault({}),
})

export type Config = z.output<typeof configSchema>

/** What a file in a cloned folder may set: nothing that reaches the network, the disk or another database. */
export const PROJECT_KEYS: readonly string[] = ['collection']

export interface Setting {
  /** Dotted path: `server.port`; `engines.*.model` inside a record. */
  readonly key: string
  readonly env: string
  readonly description: string
  readonly secret: boolean
  /** Undefined when there is none. */
  readonly default: unknown
  readonly schema: z.ZodType
}

const isObject = (schema: unknown): schema is z.ZodObject => schema instanceof z.ZodObject

/** The schema inside optional, default and prefault wrappers. */
function unwrap(schema: unknown): unknown {
  let inner = schema
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
    inner = inner.unwrap()
  }
  return inner
}

const screaming = (path: string) =>
  path
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/[.-]/g, '_')
    .toUpperCase()

function leaves(prefix: string, object: z.ZodObject): Setting[] {
  return Object.entries(object.shape).flatMap(([name, schema]) => {
    const key = prefix + name
    const inner = unwrap(schema)
    if (isObject(inner)) return leaves(`${key}.`, inner)
    if (inner instanceof z.ZodRecord && isObject(inner.valueType)) return leaves(`${key}.*.`, inner.valueType)
    if (!(schema instanceof z.ZodType)) return []
    const meta = metaOf(schema)
    return [
      {
        key,
        env: typeof meta.env === 'string' ? meta.env : `CHATBOT_${screaming(key)}`,
        description: typeof meta.description === 'string' ? meta.description : '',
        secret: meta.secret === true,
        default: schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined,
        schema,
      },
    ]
  })
}

/** `.meta()` of a schema or of what it wraps: `.describe()` after `.meta()` keeps both only on the outer one. */
function metaOf(schema: z.ZodType): Record<string, unknown> {
  const own = schema.meta() ?? {}
  const inner =
    schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? schema.unwrap() : undefined
  return inner instanceof z.ZodType ? { ...metaOf(inner), ...own } : own
}

/** All settings, in the order of the schema. */
export const SETTINGS: readonly Setting[] = leaves('', configSchema)

/** The setting behind a concrete key: `engines.ollama.model` is described by `engines.*.model`. */
export function findSetting(key: string): Setting | undefined {
  const generic = key.replace(/^engines\.[^.]+\./, 'engines.*.')
  return SETTINGS.find((setting) => setting.key === generic)
}
