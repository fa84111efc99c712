/** The HTTP server: health probes, the versioned API from src/api/routes.ts, the OpenAPI document. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import cors from '@fastify/cors'
import { SpanKind } from '@opentelemetry/api'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { COMPLETIONS_PREFIX, completionError } from '../../src/api/completions.ts'
import { openApiDocument } from '../../src/api/openapi.ts'
import {
  API_PREFIX,
  type EventRouteName,
  type GuardedRouteName,
  isOpenRoute,
  type OpenRouteName,
  ROUTE_NAMES,
  routes,
  VERSION_HEADER,
} from '../../src/api/routes.ts'
import type { Identity } from '../../src/auth/identity.ts'
import type { Config } from '../../src/config/schema.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { MAX_MESSAGE_VALUES, parseJson } from '../../src/domain/json.ts'
import { shared } from '../../src/domain/shared.ts'
import { takeRequest } from '../../src/limits/limits.ts'
import { inSpan } from '../../src/telemetry/spans.ts'
import type { Gate } from '../gate.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { type Life, servicesOf } from '../services.ts'
import { openEndpoints } from './accounts.ts'
import { answerEvents, askEvents, wantsEvents } from './asks.ts'
import { COMPLETIONS_ROUTES, registerCompletions } from './completions.ts'
import type { IdleConnections } from './connections.ts'
import { type EndpointContext, read } from './endpoint.ts'
import { endpoints } from './endpoints.ts'
import { sendEventStream } from './event-stream.ts'
import { watchExchanges } from './exchanges.ts'
import { registerMcp } from './mcp.ts'
import { PAGE_ROUTES, registerPage } from './page.ts'
import { staticDocument } from './static-document.ts'

const MAX_JSON_BODY_BYTES = 4 * 1024 * 1024
/** Maximum body of routes without authentication. */
const MAX_OPEN_BODY_BYTES = 16 * 1024
/** Larger responses are written in pieces, to detect clients that do not read. */
const PIECE_BYTES = 65_536
/** Maximum age of a cached health probe. */
const PROBED_MS = 1000

/** What a page of another origin may read of a response, beside its body. */
const EXPOSED_HEADERS = [
  VERSION_HEADER,
  'x-request-id',
  'retry-after',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
]
/** How long a browser remembers that it may send a request. */
const PREFLIGHT_SECONDS = 600

export interface HttpOptions {
  readonly life: Life
  readonly gate: Gate
  readonly log: Logger
  /** Whether requests come through the daemon's Unix socket. */
  readonly local: boolean
  readonly metrics: Metrics
  /** Time limits for requests to arrive and responses to be read. */
  readonly times: Pick<Config['server'], 'headTimeoutMs' | 'bodyTimeoutMs' | 'stallTimeoutMs'>
  /** Absent on the daemon's Unix socket. */
  readonly connections: IdleConnections | undefined
  /** Web origins whose pages may read responses; the gate refuses requests of others. */
  readonly allowedOrigins: readonly string[]
  /** Whether this request may read the metrics, whoever the caller is. */
  mayScrape: (request: IncomingMessage) => boolean
}

export function buildHttp(options: HttpOptions): FastifyInstance {
  const { life, gate, log, metrics, times, connections } = options
  const app = Fastify({
    logger: false,
    genReqId: () => randomUUID(),
    bodyLimit: MAX_JSON_BODY_BYTES,
    http: { headersTimeout: times.headTimeoutMs, connectionsCheckingInterval: times.headTimeoutMs / 2 },
    routerOptions: { maxParamLength: 4096 },
    // A path that is too long or cannot be decoded: no hook or error handler sees it.
    frameworkErrors(thrown, request, { raw }) {
      let error = toChatbotError(thrown)
      try {
        gate.admit(request.raw)
      } catch (refusal) {
        error = toChatbotError(refusal)
      }
      raw.writeHead(error.httpStatus, { 'content-type': 'application/json', [VERSION_HEADER]: life.version })
      raw.end(JSON.stringify({ error }))
    },
  })

  const exchanges = watchExchanges(times, ({ method, url }, why) =>
    log.debug({ method, path: url?.split('?')[0], why }, 'request cut off'),
  )
  app.addHook('onClose', async () => exchanges.close())
  connections?.attach(app.server)

  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, parseJson(String(body), { maxValues: MAX_MESSAGE_VALUES }))
    } catch (error) {
      done(new ChatbotError('bad_request', `The body is not JSON: ${ChatbotError.wrap(error).message}.`))
    }
  })
  // Uploads are streamed to disk by their handler.
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))
  app.addHook('onRequest', async (request, reply) => {
    reply.header(VERSION_HEADER, life.version)
    reply.header('x-request-id', request.id)
    exchanges.add(request.raw, reply.raw)
    gate.admit(request.raw)
  })
  if (options.allowedOrigins.length > 0) {
    app.register(cors, {
      origin: [...options.allowedOrigins],
      methods: ['GET', 'POST', 'PUT', 'DELETE'],
      exposedHeaders: EXPOSED_HEADERS,
      maxAge: PREFLIGHT_SECONDS,
    })
  }
  // After the plugin's hook: a page may read a refusal, too.
  app.after(() => {
    app.addHook('onRequest', async (request) => {
      // Before the body is read: an unidentified caller must not make the daemon receive megabytes.
      if (request.is404) throw noSuchRoute(request)
      if (!isOpen(request, options)) await identityOf(request, options)
    })
  })
  app.addHook('onSend', async (_request, reply, payload) => {
    const bytes = typeof payload === 'string' && payload.length > PIECE_BYTES ? Buffer.from(payload) : payload
    if (!Buffer.isBuffer(bytes) || bytes.length <= PIECE_BYTES) return payload
    reply.header('content-length', bytes.length)
    return Readable.from(piecesOf(bytes), { objectMode: false })
  })
  app.addHook('onResponse', async ({ id, method, routeOptions, raw }, reply) => {
    connections?.rest(raw.socket)
    const route = routeOptions.url ?? 'none'
    metrics.request({ method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
    log.debug(
      {
        request: id,
        method,
        route,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    )
  })
  const toError = (thrown: unknown, request: FastifyRequest) => {
    const error = toChatbotError(thrown)
    if (error.code === 'internal' || error.detail !== undefined)
      log.error({ err: thrown, request: request.id, route: request.routeOptions.url }, 'request failed')
    return options.local || owners.has(request) ? ChatbotError.from(error.inFull()) : error
  }
  const refuse = (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const error = toError(thrown, request)
    if (error.retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(error.retryAfterMs / 1000))
    reply.code(error.httpStatus)
    return error
  }
  app.setErrorHandler((thrown, request, reply) => {
    const error = refuse(thrown, request, reply)
    return reply.send(request.url.startsWith(`${COMPLETIONS_PREFIX}/`) ? completionError(error) : { error })
  })

  const databaseAnswers = shared(PROBED_MS, () => servicesOf(life).ports.store.ping())
  app.get('/healthz', async () => ({
    status: life.phase.name === 'ready' ? 'ok' : life.phase.name,
    version: life.version,
  }))
  app.get('/readyz', (_request, reply) => readiness(life, reply, databaseAnswers.get))
  app.get('/metrics', async (request, reply) => {
    if (!options.mayScrape(request.raw)) {
      const { services, principal } = await enter(request, reply, options)
      await services.ports.store.grants.require(principal, 'admin')
    }
    return reply.type(metrics.contentType).send(await metrics.text())
  })
  app.get(
    `${API_PREFIX}/openapi.json`,
    staticDocument('application/json; charset=utf-8', () =>
      Buffer.from(JSON.stringify(openApiDocument(life.version))),
    ),
  )
  app.get('/.well-known/jwks.json', async () => ({
    keys: await servicesOf(life).auth.signingKeys.publicKeys(),
  }))
  for (const name of ROUTE_NAMES) {
    if (isOpenRoute(name)) registerOpen(app, name, options)
    else if (name !== 'answerEvents') register(app, name, options)
  }
  registerGuarded(app, 'answerEvents', options, async (request, context, reply) =>
    sendEventStream(reply, await answerEvents(read(routes.answerEvents, request), context)),
  )
  registerPage(app)
  const entering = (request: FastifyRequest, reply: FastifyReply) => enter(request, reply, options)
  registerCompletions(app, { enter: entering, toError, refuse })
  registerMcp(app, { version: life.version, enter: entering, refuse })
  return app
}

function register<N extends Exclude<GuardedRouteName, EventRouteName>>(
  app: FastifyInstance,
  name: N,
  options: HttpOptions,
): void {
  const route = routes[name]
  const handle = endpoints[name]
  registerGuarded(app, name, options, async (request, context, reply) =>
    name === 'ask' && wantsEvents(request.headers.accept)
      ? sendEventStream(reply, await askEvents(read(routes.ask, request), context))
      : handle(read(route, request), context),
  )
}

function registerGuarded(
  app: FastifyInstance,
  name: GuardedRouteName,
  options: HttpOptions,
  serve: (request: FastifyRequest, context: EndpointContext, reply: FastifyReply) => Promise<unknown>,
): void {
  const { method, path } = routes[name]
  const url = API_PREFIX + path
  app.route({
    method,
    url,
    async handler(request, reply) {
      const { traceparent } = request.headers
      const span = { kind: SpanKind.SERVER, parent: Array.isArray(traceparent) ? undefined : traceparent }
      return inSpan(`${method} ${url}`, span, async () =>
        serve(request, await enter(request, reply, options), reply),
      )
    },
  })
}

/** Routes without authentication: each is as cheap as a request can be (docs/SECURITY.md). */
export const OPEN_ROUTES: ReadonlySet<string> = new Set([
  '/healthz',
  '/readyz',
  '/.well-known/jwks.json',
  `${API_PREFIX}/openapi.json`,
  ...PAGE_ROUTES,
  ...ROUTE_NAMES.filter(isOpenRoute).map((name) => API_PREFIX + routes[name].path),
])

function isOpen({ routeOptions, raw }: FastifyRequest, { mayScrape }: HttpOptions): boolean {
  const url = routeOptions.url ?? ''
  return OPEN_ROUTES.has(url) || (url === '/metrics' && mayScrape(raw))
}

function registerOpen<N extends OpenRouteName>(
  app: FastifyInstance,
  name: N,
  { life, gate }: HttpOptions,
): void {
  const route = routes[name]
  const handle = openEndpoints[name]
  app.route({
    method: route.method,
    url: API_PREFIX + route.path,
    bodyLimit: MAX_OPEN_BODY_BYTES,
    handler({ raw, params, query, headers, body }) {
      const services = servicesOf(life)
      return handle(read(route, { params, query, headers, body }), services, gate.attempts(raw))
    },
  })
}

const noSuchRoute = ({ method, url }: FastifyRequest) =>
  new ChatbotError(
    'not_found',
    `There is no ${method} ${url.split('?')[0]}. ${
      url.startsWith(`${COMPLETIONS_PREFIX}/`)
        ? COMPLETIONS_ROUTES
        : `${API_PREFIX}/openapi.json lists all routes.`
    }`,
  )

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += PIECE_BYTES)
    yield bytes.subarray(start, start + PIECE_BYTES)
}

const identities = new WeakMap<FastifyRequest, Promise<Identity>>()
/** Requests of the machine's user, whose errors may contain paths. */
const owners = new WeakSet<FastifyRequest>()

/** The caller, identified once per request; throws `unauthenticated`. */
function identityOf(request: FastifyRequest, options: HttpOptions): Promise<Identity> {
  const known = identities.get(request) ?? identify(request, options)
  identities.set(request, known)
  return known
}

async function identify(request: FastifyRequest, { gate, connections }: HttpOptions): Promise<Identity> {
  const identity = await gate.identify(request.raw)
  if (identity !== undefined) {
    if (identity.principal.kind === 'local') owners.add(request)
    connections?.leave(request.raw.socket)
    return identity
  }
  throw new ChatbotError(
    'unauthenticated',
    'A token is required: `chatbot login`, or send `Authorization: Bearer …`. The file `token` in the data directory has the token of the machine’s user.',
  )
}

/** The context of an authenticated request; throws `unauthenticated`. */
async function enter(
  request: FastifyRequest,
  reply: FastifyReply,
  options: HttpOptions,
): Promise<EndpointContext> {
  const { life, local, gate } = options
  const identity = await identityOf(request, options)
  life.touch()
  const services = servicesOf(life)
  await takeRequest(services.limits, identity.principal, ({ limit, remaining, retryAfterMs }) => {
    reply.header('ratelimit-limit', limit)
    reply.header('ratelimit-remaining', remaining)
    reply.header('ratelimit-reset', Math.ceil(retryAfterMs / 1000))
  })
  const gone = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort(new ChatbotError('cancelled', 'The client disconnected.'))
  })
  return {
    principal: identity.principal,
    identity,
    services,
    life,
    local,
    attempts: gate.attempts(request.raw),
    signal: AbortSignal.any([gone.signal, life.closing]),
  }
}

/** Ready means that a question asked now would be answered, even without Redis. */
async function readiness(
  { phase, version }: Life,
  reply: FastifyReply,
  databaseAnswers: () => Promise<void>,
) {
  if (phase.name !== 'ready') {
    reply.code(503)
    return { status: phase.name, version, detail: phase.name === 'starting' ? phase.awaiting : undefined }
  }
  try {
    await databaseAnswers()
    // Visible to anybody who reaches the port: details of Redis and the database are in `chatbot status` and the log.
    return phase.services.redis?.trouble === undefined
      ? { status: 'ok', version }
      : { status: 'degraded', version, detail: 'Redis is unavailable' }
  } catch (error) {
    reply.code(503)
    return { status: 'failing', version, detail: ChatbotError.wrap(error).message }
  }
}

/** Fastify's errors (body too large, invalid JSON) describe the client's mistake. */
function toChatbotError(thrown: unknown): ChatbotError {
  if (thrown instanceof ChatbotError) return thrown
  if (
    thrown instanceof Error &&
    'statusCode' in thrown &&
    typeof thrown.statusCode === 'number' &&
    thrown.statusCode < 500
  ) {
    return new ChatbotError('bad_request', thrown.message, { cause: thrown })
  }
  return ChatbotError.wrap(thrown)
}
