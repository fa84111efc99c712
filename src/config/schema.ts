/** Every setting, its default and its meaning: the source of validation and of docs/CONFIGURATION.md. */
import { z } from 'zod'
import { COLLECTION_NAME } from '../domain/document.ts'
import { isSecure } from '../domain/loopback.ts'
import { ROLES } from '../domain/principal.ts'
import { retrievalSchema } from '../protocol/retrieval.ts'
import { milliseconds, minutes } from './durations.ts'
import { engineSchema, openaiEngineSchema } from './engines.ts'
import { REDIS_URL } from './redis-address.ts'

const perMinute = z.int().min(1).max(1_000_000)

const FOR_ROLE = 'for users whose highest role is `reader`, `editor` or `admin`'

/** Limits per user and per key; the local user has none. */
const allowance = {
  questionsPerMinute: perMinute.default(60).describe('questions and searches a minute'),
  questionsBurst: perMinute.default(20).describe('questions and searches at once'),
  requestsPerMinute: perMinute.default(3000).describe('HTTP API requests a minute'),
  requestsBurst: perMinute.default(600).describe('HTTP API requests at once'),
  answersInFlight: z.int().min(1).max(10_000).default(8).describe('answers in flight'),
  tokensPerDay: z
    .int()
    .min(1)
    .optional()
    .describe('engine tokens per user and day (UTC); unlimited if not set'),
}

const roleAllowance = z.strictObject({
  questionsPerMinute: perMinute.optional().describe(`${FOR_ROLE}: questions and searches a minute`),
  questionsBurst: perMinute.optional().describe(`${FOR_ROLE}: questions and searches at once`),
  requestsPerMinute: perMinute.optional().describe(`${FOR_ROLE}: HTTP API requests a minute`),
  requestsBurst: perMinute.optional().describe(`${FOR_ROLE}: HTTP API requests at once`),
  answersInFlight: z.int().min(1).max(10_000).optional().describe(`${FOR_ROLE}: answers in flight`),
  tokensPerDay: z.int().min(1).optional().describe(`${FOR_ROLE}: tokens a day`),
})

/** A token over plain HTTP could be read and changed on the way. */
const secureUrl = z.url({ protocol: /^https?$/ }).refine((url) => isSecure(url), {
  message: 'must begin with https:// unless it is on this machine',
})

const oidcSchema = z.strictObject({
  issuer: secureUrl.describe(
    'exact `iss` of its tokens; also the base URL of `/.well-known/openid-configuration`',
  ),
  audience: z.array(z.string().min(1)).min(1).describe('`aud` of tokens for this installation'),
  jwksUrl: secureUrl.optional().describe('URL of its keys, if it has no discovery document'),
  algorithms: z
    .array(z.enum(['RS256', 'ES256', 'EdDSA']))
    .min(1)
    .default(['RS256', 'ES256', 'EdDSA'])
    .describe('accepted signature algorithms'),
  groupsClaim: z
    .string()
    .min(1)
    .default('groups')
    .describe("claim with the user's groups; dots select nested fields, as in `realm_access.roles`"),
  nameClaim: z.string().min(1).default('preferred_username').describe('claim with the display name'),
  clockToleranceSeconds: z.int().min(0).max(300).default(30).describe('tolerated clock skew'),
})

const remoteEmbedderSchema = z.strictObject({
  baseUrl: openaiEngineSchema.shape.baseUrl,
  model: openaiEngineSchema.shape.model,
  dimensions: z.int().min(1).max(16_000).describe('length of its vectors'),
  apiKey: openaiEngineSchema.shape.apiKey,
  apiKeyFile: openaiEngineSchema.shape.apiKeyFile,
  maxTokens: z.int().min(16).max(100_000).default(512).describe('its longest input, in tokens'),
  queryPrefix: z
    .string()
    .optional()
    .describe('put before questions; without it that of its family (E5, BGE, …), where it is a known one'),
  passagePrefix: z.string().optional().describe('the same, before passages'),
  batch: z.int().min(1).max(2048).default(64).describe('most texts of a request'),
  timeoutMs: milliseconds(1000).default(60_000).describe('longest wait for the vectors of a request'),
})

export const configSchema = z.strictObject({
  dataDir: z.string().min(1).describe('folder for the database, logs and the socket'),
  collection: z
    .string()
    .regex(COLLECTION_NAME)
    .default('default')
    .describe('collection that `ingest` fills by default'),
  server: z
    .strictObject({
      tcp: z.boolean().default(true).describe('listen on TCP in addition to the local socket'),
      host: z.string().min(1).default('127.0.0.1').describe('TCP address to bind'),
      port: z.int().min(0).max(65_535).default(7474).describe('TCP port; 0 picks a free one'),
      allowedHosts: z.array(z.string()).default([]).describe('additional Host names accepted in requests'),
      allowedOrigins: z
        .array(z.string())
        .default([])
        .describe('web origins that may connect, such as `https://host`'),
      trustedProxies: z
        .array(z.string())
        .default([])
        .describe(
          'addresses and networks of proxies whose X-Forwarded-For is trusted; `loopback` and `private` stand for those ranges',
        ),
      maxFrameBytes: z
        .int()
        .min(16_384)
        .max(16_777_216)
        .default(65_536)
        .describe('largest WebSocket frame accepted'),
      maxSockets: z
        .int()
        .min(1)
        .max(100_000)
        .default(1000)
        .describe('authenticated WebSocket connections at once'),
      maxGreetingSockets: z
        .int()
        .min(1)
        .max(100_000)
        .default(512)
        .describe(
          'WebSocket connections at once that are not authenticated yet; above it, the oldest connection of the address with the most is closed',
        ),
      maxGreetingSocketsPerAddress: z
        .int()
        .min(1)
        .max(100_000)
        .default(128)
        .describe('of these, from one address (IPv6: a /64)'),
      maxIdleConnections: z
        .int()
        .min(1)
        .max(100_000)
        .default(1024)
        .describe(
          'TCP connections at once without a WebSocket or an authenticated request; above it, the oldest connection of the address with the most is closed',
        ),
      maxIdleConnectionsPerAddress: z
        .int()
        .min(1)
        .max(100_000)
        .default(256)
        .describe('of these, from one address; `server.trustedProxies` are exempt'),
      maxBufferedBytes: z
        .int()
        .min(65_536)
        .default(262_144)
        .describe('bytes buffered for a slow WebSocket client; a single message may be larger'),
      stallTimeoutMs: milliseconds(100)
        .default(30_000)
        .describe('a slow client must read 64 KiB of waiting data in this time, or it is cut off'),
      maxAsksPerSocket: z
        .int()
        .min(1)
        .max(1000)
        .default(8)
        .describe('answers at once on one socket, and as many searches'),
      maxAsks: z.int().min(1).max(10_000).default(64).describe('answers at once in the daemon'),
      headTimeoutMs: milliseconds(100)
        .default(20_000)
        .describe('time for the head of an HTTP request; slower ones are cut off'),
      bodyTimeoutMs: milliseconds(100)
        .default(60_000)
        .describe('time for the body of an HTTP request; for a file, for each 64 KiB'),
      helloTimeoutMs: milliseconds(100).default(10_000).describe('time for the first message of a WebSocket'),
      pingIntervalMs: milliseconds(100)
        .default(25_000)
        .describe('interval between pings; two missed pongs close the socket'),
      openMetrics: z
        .boolean()
        .default(false)
        .describe('serve `/metrics` to everybody who can reach the TCP port'),
      metricsToken: z
        .string()
        .min(16)
        .optional()
        .meta({ secret: true })
        .describe(
          'token that grants `/metrics` and nothing else; without it, only administrators can read `/metrics`',
        ),
      drainMs: milliseconds(0).default(15_000).describe('time for running answers to finish at shutdown'),
    })
    .prefault({}),
  auth: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe('require a token from TCP clients; can be off only if `server.host` is a loopback address'),
      secret: z
        .string()
        .min(16)
        .optional()
        .meta({ secret: true })
        .describe(
          'encrypts the keys that sign logins; must be the same for all daemons on a database; default: a file in the data directory',
        ),
      accessMinutes: minutes(0.05).default(15).describe('lifetime of access tokens'),
      sessionDays: z.number().min(0.01).max(3650).default(30).describe('lifetime of a login'),
      signingKeyDays: z
        .number()
        .min(1)
        .max(3650)
        .default(90)
        .describe('rotation interval of the keys that sign logins'),
      oidc: z
        .record(z.string().regex(/^[a-z0-9][a-z0-9-]*$/), oidcSchema)
        .default({})
        .describe('login providers by name: Keycloak, Entra ID, Okta, Google, Authentik'),
    })
    .prefault({}),
  daemon: z
    .strictObject({
      idleMinutes: minutes(0.01)
        .default(30)
        .describe('a daemon started by a command stops after this time without work'),
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
        .describe('least severe level that is logged'),
      questions: z
        .boolean()
        .default(false)
        .describe('include the text of questions in log entries that it explains'),
      maxMegabytes: z
        .number()
        .min(0.01)
        .max(10_000)
        .default(10)
        .describe('size at which the log file is rotated'),
      files: z.int().min(1).max(100).default(3).describe('rotated files to keep'),
    })
    .prefault({}),
  database: z
    .strictObject({
      url: z
        .url({ protocol: /^postgres(ql)?$/ })
        .optional()
        .meta({ secret: true, env: 'DATABASE_URL' })
        .describe('PostgreSQL with pgvector; default: the embedded PGlite'),
      poolSize: z.int().min(2).max(200).default(10).describe('connections to PostgreSQL per daemon'),
      connectTimeoutMs: milliseconds(100)
        .default(15_000)
        .describe('longest wait for a connection to PostgreSQL, new or from the pool'),
      statementTimeoutMs: milliseconds(1000)
        .default(60_000)
        .describe(
          'longest statement of a request; PostgreSQL cancels longer ones, and an unresponsive connection is dropped',
        ),
    })
    .prefault({}),
  models: z.strictObject({
    cacheDir: z
      .string()
      .min(1)
      .meta({ env: 'HF_HUB_CACHE' })
      .describe(
        "folder of pulled models, in the layout of the hub's cache; default: `$HF_HOME/hub` or `~/.cache/huggingface/hub`",
      ),
    executionProvider: z
      .enum(['cpu', 'webgpu', 'cuda', 'tensorrt', 'coreml', 'dml'])
      .default('cpu')
      .describe("where models run; anything but `cpu` needs the provider's libraries on this machine"),
  }),
  redis: z
    .strictObject({
      url: z
        .string()
        .regex(REDIS_URL, 'redis://, rediss://, redis+sentinel:// or redis+cluster://')
        .optional()
        .meta({ secret: true, env: 'REDIS_URL' })
        .describe(
          'Redis or Valkey that several daemons share; without it each daemon caches and counts on its own',
        ),
      keyPrefix: z
        .string()
        .regex(/^[A-Za-z0-9:_.-]{1,64}$/)
        .default('chatbot')
        .describe('prefix of all keys and channels in Redis'),
      caFile: z.string().min(1).optional().describe('CA certificates for `rediss`; default: the public ones'),
      connectTimeoutMs: milliseconds(100).default(2000).describe('longest wait for a connection to Redis'),
      commandTimeoutMs: milliseconds(10)
        .default(500)
        .describe('longest wait for a Redis command; then the daemon continues without it'),
    })
    .prefault({}),
  embedder: z
    .strictObject({
      model: z
        .string()
        .min(1)
        .default('builtin')
        .describe(
          'embedding model of new collections: `builtin`, a pulled model (`chatbot models list`) or an absolute folder; `chatbot index rebuild --model` changes an existing collection',
        ),
      workers: z
        .int()
        .min(1)
        .max(64)
        .default(2)
        .describe('embedding threads per model, each with one text at a time'),
      maxModels: z
        .int()
        .min(1)
        .max(64)
        .default(3)
        .describe(
          'embedding models kept in memory, including the built-in one; the least recently used one is evicted',
        ),
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
      parserMemoryMegabytes: z
        .int()
        .min(128)
        .default(1024)
        .describe('memory limit of a document parser process'),
      allowPrivateUrls: z
        .boolean()
        .default(false)
        .describe('also ingest web pages from this machine and private networks'),
      urlTimeoutMs: milliseconds(100).default(60_000).describe('time limit for fetching one web page'),
      parserTimeoutMs: milliseconds(1000).default(120_000).describe('time limit for parsing one document'),
    })
    .prefault({}),
  retrieval: retrievalSchema.prefault({}),
  reranker: z
    .strictObject({
      model: z
        .string()
        .min(1)
        .optional()
        .describe(
          'cross-encoder that reorders search results: a pulled model (`chatbot models list`) or an absolute folder; default: none',
        ),
    })
    .prefault({}),
  answer: z
    .strictObject({
      engine: z
        .string()
        .min(1)
        .default('extractive')
        .describe('engine for requests and collections that name none'),
      fallbacks: z
        .array(z.string().min(1))
        .max(10)
        .default([])
        .describe('engines to try, in this order, while `answer.engine` fails'),
      historyTurns: z
        .int()
        .min(0)
        .max(100)
        .default(6)
        .describe('earlier turns of the conversation that an engine gets'),
      leaseMs: milliseconds(1000)
        .default(4000)
        .describe(
          'lease of a running answer, which its daemon renews four times as often: another takes it over a lease and a quarter after the last renewal',
        ),
    })
    .prefault({}),
  embedders: z
    .record(z.string().regex(/^(?!builtin$)[a-z0-9][a-z0-9-]*$/), remoteEmbedderSchema)
    .default({})
    .describe('embedding models behind an OpenAI-compatible API, by the name that collections use'),
  engines: z
    .record(
      z
        .string()
        .regex(
          /^(?!extractive$)[a-z0-9][a-z0-9-]*$/,
          'An engine is named with small letters, digits and hyphens. `extractive` is the built-in one.',
        ),
      engineSchema,
    )
    .default({})
    .describe('engines by name, each of a kind'),
  limits: z
    .strictObject({
      ...allowance,
      addressPerMinute: perMinute.default(6000).describe('requests and connections per address a minute'),
      addressBurst: perMinute.default(1000).describe('requests and connections per address at once'),
      addressFailuresPerMinute: perMinute
        .default(6)
        .describe('wrong tokens, and wrong passwords, from one address that are forgiven a minute'),
      addressFailuresBurst: perMinute
        .default(100)
        .describe(
          'wrong tokens, and wrong passwords, from one address without a wait; each further one doubles the wait',
        ),
      roles: z
        .partialRecord(z.enum(ROLES), roleAllowance)
        .default({})
        .describe('limits for users whose highest role is this one'),
    })
    .prefault({}),
  cache: z
    .strictObject({
      enabled: z.boolean().default(true).describe('reuse answers for repeated questions'),
      ttlMinutes: minutes(0.01).default(1440).describe('age above which an answer is not reused'),
      maxMegabytes: z.number().min(0.1).max(100_000).default(64).describe('size of the in-memory cache'),
      maxAnswers: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(10_000)
        .describe('answers kept for the semantic cache; the least recently used are evicted'),
    })
    .prefault({}),
})

export type Config = z.output<typeof configSchema>

/**
 * What a project file may set: nothing that reaches the network, the disk or another database, because it may come
 * from a cloned repository.
 */
export const PROJECT_KEYS: readonly string[] = ['collection']

export interface Setting {
  /** Dotted path: `server.port`; `engines.*.model` inside a record. */
  readonly key: string
  readonly env: string
  readonly description: string
  readonly secret: boolean
  /** Undefined if there is none. */
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
    if (inner instanceof z.ZodRecord && inner.valueType instanceof z.ZodDiscriminatedUnion)
      return leavesOfKinds(`${key}.*.`, inner.valueType)
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

/** Of a union whose members differ by their `kind`: a setting that several kinds have stands once for each of them. */
function leavesOfKinds(prefix: string, union: z.ZodDiscriminatedUnion): Setting[] {
  const kinds = union.options.filter(isObject)
  const [first] = kinds
  if (first === undefined) return []
  const settings = kinds.flatMap(({ shape: { kind, ...rest } }) => {
    const literal = unwrap(kind)
    const name = literal instanceof z.ZodLiteral ? `\`${literal.value}\`: ` : ''
    return leaves(prefix, z.object(rest)).map((setting) => ({
      ...setting,
      description: name + setting.description,
    }))
  })
  // A text is read before the kind is known.
  const schemaOf = (key: string) =>
    z.union(settings.filter((setting) => setting.key === key).map(({ schema }) => schema))
  return [
    ...leaves(prefix, first.pick({ kind: true })),
    ...settings.map((setting) => ({ ...setting, schema: schemaOf(setting.key) })),
  ]
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
  const generic = key.replace(/^(engines|embedders|auth\.oidc|limits\.roles)\.[^.]+\./, '$1.*.')
  return SETTINGS.find((setting) => setting.key === generic)
}
