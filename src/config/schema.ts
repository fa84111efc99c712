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

const FOR_ROLE = 'for a highest role of `reader`, `editor` or `admin`'

/** What each user and each key may do; the machine's own user is not limited. */
const allowance = {
  questionsPerMinute: perMinute.default(60).describe('questions and searches a minute'),
  questionsBurst: perMinute.default(20).describe('questions and searches at once'),
  requestsPerMinute: perMinute.default(3000).describe('requests of the HTTP API a minute'),
  requestsBurst: perMinute.default(600).describe('requests of the HTTP API at once'),
  answersInFlight: z.int().min(1).max(10_000).default(8).describe('answers in flight'),
  tokensPerDay: z
    .int()
    .min(1)
    .optional()
    .describe('tokens that engines may use for one user a day (UTC); without it as many as asked for'),
}

const roleAllowance = z.strictObject({
  questionsPerMinute: perMinute.optional().describe(`${FOR_ROLE}: questions and searches a minute`),
  questionsBurst: perMinute.optional().describe(`${FOR_ROLE}: questions and searches at once`),
  requestsPerMinute: perMinute.optional().describe(`${FOR_ROLE}: requests of the HTTP API a minute`),
  requestsBurst: perMinute.optional().describe(`${FOR_ROLE}: requests of the HTTP API at once`),
  answersInFlight: z.int().min(1).max(10_000).optional().describe(`${FOR_ROLE}: answers in flight`),
  tokensPerDay: z.int().min(1).optional().describe(`${FOR_ROLE}: tokens a day`),
})

/** A token over plain HTTP could be read and changed by everybody on the way. */
const secureUrl = z.url({ protocol: /^https?$/ }).refine((url) => isSecure(url), {
  message: 'must begin with https://, unless it is on this machine',
})

const oidcSchema = z.strictObject({
  issuer: secureUrl.describe(
    '`iss` of its tokens, exactly; `/.well-known/openid-configuration` is looked up there',
  ),
  audience: z.array(z.string().min(1)).min(1).describe('`aud` of the tokens meant for this installation'),
  jwksUrl: secureUrl.optional().describe('address of its keys, where it has no discovery document'),
  algorithms: z
    .array(z.enum(['RS256', 'ES256', 'EdDSA']))
    .min(1)
    .default(['RS256', 'ES256', 'EdDSA'])
    .describe('signatures that are accepted'),
  groupsClaim: z
    .string()
    .min(1)
    .default('groups')
    .describe('claim with the groups of a user; dots lead into objects, as in `realm_access.roles`'),
  nameClaim: z.string().min(1).default('preferred_username').describe('claim with the name to show'),
  clockToleranceSeconds: z.int().min(0).max(300).default(30).describe('by how much clocks may differ'),
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
  dataDir: z.string().min(1).describe('folder of the database, logs and the socket'),
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
      trustedProxies: z
        .array(z.string())
        .default([])
        .describe(
          'addresses and networks of proxies whose X-Forwarded-For is believed; `loopback` and `private` name theirs',
        ),
      maxFrameBytes: z
        .int()
        .min(16_384)
        .max(16_777_216)
        .default(65_536)
        .describe('largest WebSocket frame accepted'),
      maxSockets: z.int().min(1).max(100_000).default(1000).describe('WebSocket connections at once'),
      maxGreetingSockets: z
        .int()
        .min(1)
        .max(100_000)
        .default(512)
        .describe(
          'WebSocket connections at once of which nobody knows yet whose they are; for one more, the oldest of the address that has the most is closed',
        ),
      maxGreetingSocketsPerAddress: z
        .int()
        .min(1)
        .max(100_000)
        .default(128)
        .describe('of those, from one address (IPv6: a /64)'),
      maxIdleConnections: z
        .int()
        .min(1)
        .max(100_000)
        .default(1024)
        .describe(
          'TCP connections at once that no WebSocket and no request of somebody known uses; for one more, the oldest of the address that has the most is closed',
        ),
      maxIdleConnectionsPerAddress: z
        .int()
        .min(1)
        .max(100_000)
        .default(256)
        .describe('of those, from one address; not of `server.trustedProxies`'),
      maxBufferedBytes: z
        .int()
        .min(65_536)
        .default(262_144)
        .describe('bytes that wait in memory for a slow client of a WebSocket; one message may be larger'),
      stallTimeoutMs: milliseconds(100)
        .default(30_000)
        .describe('time in which a slow client must read 64 KiB of what waits for it; then it is cut off'),
      maxAsksPerSocket: z
        .int()
        .min(1)
        .max(1000)
        .default(8)
        .describe('answers, and as many searches, at once on one socket'),
      maxAsks: z.int().min(1).max(10_000).default(64).describe('answers at once in the daemon'),
      headTimeoutMs: milliseconds(100)
        .default(20_000)
        .describe('time for the head of an HTTP request; trickling ones are cut off'),
      bodyTimeoutMs: milliseconds(100)
        .default(60_000)
        .describe('time for the body of an HTTP request; of a file, for each 64 KiB of it'),
      helloTimeoutMs: milliseconds(100).default(10_000).describe('time for the first message'),
      pingIntervalMs: milliseconds(100)
        .default(25_000)
        .describe('pause between pings; two missed ones end the socket'),
      openMetrics: z.boolean().default(false).describe('serve `/metrics` to whoever reaches the TCP port'),
      metricsToken: z
        .string()
        .min(16)
        .optional()
        .meta({ secret: true })
        .describe(
          'token with which `/metrics`, and nothing else, may be read; otherwise it takes an administrator',
        ),
      drainMs: milliseconds(0).default(15_000).describe('time that running answers get at shutdown'),
    })
    .prefault({}),
  auth: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe('ask TCP clients for a token; off only where `server.host` is a loopback address'),
      secret: z
        .string()
        .min(16)
        .optional()
        .meta({ secret: true })
        .describe(
          'encrypts the keys that logins are signed with, the same for all daemons of a database; without it a file in the data directory',
        ),
      accessMinutes: minutes(0.05).default(15).describe('life of the token that a login gives'),
      sessionDays: z.number().min(0.01).max(3650).default(30).describe('life of a login'),
      signingKeyDays: z
        .number()
        .min(1)
        .max(3650)
        .default(90)
        .describe('age after which a new key signs logins'),
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
      questions: z
        .boolean()
        .default(false)
        .describe('write the text of questions into the log where it explains an entry'),
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
      connectTimeoutMs: milliseconds(100)
        .default(15_000)
        .describe('longest wait for a connection to PostgreSQL, or for a free one'),
      statementTimeoutMs: milliseconds(1000)
        .default(60_000)
        .describe(
          'longest statement of a request; PostgreSQL ends it, and a connection that is silent is dropped',
        ),
    })
    .prefault({}),
  models: z.strictObject({
    cacheDir: z
      .string()
      .min(1)
      .meta({ env: 'HF_HUB_CACHE' })
      .describe(
        "folder of pulled models, in the layout of the hub's cache; `$HF_HOME/hub` or `~/.cache/huggingface/hub` unless set",
      ),
    executionProvider: z
      .enum(['cpu', 'webgpu', 'cuda', 'tensorrt', 'coreml', 'dml'])
      .default('cpu')
      .describe("where models compute; other than `cpu` needs the provider's libraries on this machine"),
  }),
  redis: z
    .strictObject({
      url: z
        .string()
        .regex(REDIS_URL, 'redis://, rediss://, redis+sentinel:// or redis+cluster://')
        .optional()
        .meta({ secret: true, env: 'REDIS_URL' })
        .describe('Redis or Valkey that several daemons share; without it each has its own memory'),
      keyPrefix: z
        .string()
        .regex(/^[A-Za-z0-9:_.-]{1,64}$/)
        .default('chatbot')
        .describe('first part of all keys and channels there'),
      caFile: z
        .string()
        .min(1)
        .optional()
        .describe('certificates that `rediss` trusts; public ones unless told'),
      connectTimeoutMs: milliseconds(100).default(2000).describe('longest wait for a connection to Redis'),
      commandTimeoutMs: milliseconds(10)
        .default(500)
        .describe('longest wait for an answer of Redis; then the daemon goes on without it'),
    })
    .prefault({}),
  embedder: z
    .strictObject({
      model: z
        .string()
        .min(1)
        .default('builtin')
        .describe(
          'embedding model of new collections: `builtin`, a pulled model (`chatbot models list`) or an absolute folder; `chatbot index rebuild --model` changes that of a collection',
        ),
      workers: z
        .int()
        .min(1)
        .max(64)
        .default(2)
        .describe('embedding threads of each model, one text at a time each'),
      maxModels: z
        .int()
        .min(1)
        .max(64)
        .default(3)
        .describe(
          'embedding models held in memory, the built-in one included; the longest unused ends first',
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
      model: z
        .string()
        .min(1)
        .optional()
        .describe(
          'cross-encoder that orders what is found: a pulled model (`chatbot models list`) or an absolute folder; without it none is used',
        ),
    })
    .prefault({}),
  answer: z
    .strictObject({
      engine: z
        .string()
        .min(1)
        .default('extractive')
        .describe('engine that answers unless a request names one'),
      fallbacks: z
        .array(z.string().min(1))
        .max(10)
        .default([])
        .describe('engines that answer, in this order, while `answer.engine` fails'),
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
  embedders: z
    .record(z.string().regex(/^(?!builtin$)[a-z0-9][a-z0-9-]*$/), remoteEmbedderSchema)
    .default({})
    .describe('embedding models behind an OpenAI-compatible API, by the name that collections know them by'),
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
      addressPerMinute: perMinute
        .default(6000)
        .describe('requests and connections of one address a minute, whoever sends them'),
      addressBurst: perMinute.default(1000).describe('requests and connections of one address at once'),
      addressFailuresPerMinute: perMinute
        .default(6)
        .describe('wrong tokens, and wrong passwords, of one address that are forgiven a minute'),
      addressFailuresBurst: perMinute
        .default(100)
        .describe(
          'wrong tokens, and wrong passwords, of one address that cost no wait; each further one doubles it',
        ),
      roles: z
        .partialRecord(z.enum(ROLES), roleAllowance)
        .default({})
        .describe('other limits for those whose highest role is this one'),
    })
    .prefault({}),
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
