/** The HTTP server: health probes, the versioned API from src/api/routes.ts, the OpenAPI document. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { SpanKind } from '@opentelemetry/api'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { openApiDocument } from '../src/api/openapi.ts'
import { API_PREFIX, VERSION_HEADER } from '../src/api/routes.ts'
import type { Identity } from '../src/auth/identity.ts'
import type { Config } from '../src/config/schema.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import { MAX_MESSAGE_VALUES, parseJson } from '../src/domain/json.ts'
import { takeRequest } from '../src/limits/limits.ts'
import { inSpan } from '../src/telemetry/spans.ts'
import { openAccountEndpoints } from './accounts.ts'
import { registerCompletions } from './completions.ts'
import type { Endpoint, EndpointContext, OpenEndpoint } from './endpoint.ts'
import { endpoints } from './endpoints.ts'
import type { Gate } from './gate.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import { registerPage } from './page.ts'
import { type Life, servicesOf } from './services.ts'

const MAX_JSON_BODY = 4 * 1024 * 1024
/** Of routes that need no token. */
const MAX_OPEN_BODY = 16 * 1024

export interface HttpOptions {
  readonly life: Life
  readonly gate: Gate
  readonly log: Logger
  /** Whether requests come through the daemon's own socket. */
  readonly local: boolean
  readonly metrics: Metrics
  /** How long a request may take to arrive. */
  readonly times: Pick<Config['server'], 'headTimeoutMs' | 'bodyTimeoutMs'>
  /** Whether they are served without a token. */
  readonly openMetrics: boolean
}

export function buildHttp(options: HttpOptions): FastifyInstance {
  const { life, gate, log, metrics, times } = options
  const app = Fastify({
    logger: false,
    genReqId: () => randomUUID(),
    bodyLimit: MAX_JSON_BODY,
    http: { headersTimeout: times.headTimeoutMs, connectionsCheckingInterval: times.headTimeoutMs / 2 },
    routerOptions: { maxParamLength: 4096 },
    // A path that cannot be decoded, or is too long: no hook and no error handler sees it.
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
    gate.admit(request.raw)
    if (request.method === 'GET' || request.method === 'HEAD' || request.is404) return
    // Before the body is read: nobody unknown makes the daemon take in megabytes.
    if (!OPEN_ROUTES.has(request.routeOptions.url ?? '')) await identityOf(request, gate)
    if (request.headers['content-type'] !== 'application/octet-stream')
      cutTrickle(request.raw, times.bodyTimeoutMs)
  })
  app.addHook('onResponse', async ({ id, method, routeOptions }, reply) => {
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
    if (error.code === 'internal')
      log.error({ err: thrown, request: request.id, route: request.routeOptions.url }, 'request failed')
    return error
  }
  const refuse = (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const error = toError(thrown, request)
    if (error.retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(error.retryAfterMs / 1000))
    reply.code(error.httpStatus)
    return error
  }
  app.setErrorHandler((thrown, request, reply) => reply.send({ error: refuse(thrown, request, reply) }))
  app.setNotFoundHandler(({ method, url }) => {
    throw new ChatbotError(
      'not_found',
      `There is no ${method} ${url.split('?')[0]}. ${API_PREFIX}/openapi.json lists what there is.`,
    )
  })

  app.get('/healthz', async () => ({
    status: life.phase.name === 'ready' ? 'ok' : life.phase.name,
    version: life.version,
  }))
  app.get('/readyz', (_request, reply) => readiness(life, reply))
  app.get('/metrics', async (request, reply) => {
    if (!options.openMetrics) await enter(request, reply, options)
    return reply.type(metrics.contentType).send(await metrics.text())
  })
  app.get(`${API_PREFIX}/openapi.json`, async () => openApiDocument(life.version))
  app.get('/.well-known/jwks.json', async () => ({
    keys: await servicesOf(life).auth.signingKeys.publicKeys(),
  }))
  for (const endpoint of endpoints) register(app, endpoint, options)
  for (const endpoint of openAccountEndpoints) registerOpen(app, endpoint, options)
  registerPage(app)
  registerCompletions(app, { enter: (request, reply) => enter(request, reply, options), toError, refuse })
  return app
}

function register(app: FastifyInstance, { route, handle }: Endpoint, options: HttpOptions): void {
  app.route({
    method: route.method,
    url: API_PREFIX + route.path,
    async handler(request, reply) {
      const { params, query, headers, body } = request
      const { traceparent } = headers
      const span = { kind: SpanKind.SERVER, parent: Array.isArray(traceparent) ? undefined : traceparent }
      return inSpan(`${route.method} ${API_PREFIX}${route.path}`, span, async () =>
        handle({ params, query, headers, body }, await enter(request, reply, options)),
      )
    },
  })
}

const OPEN_ROUTES: ReadonlySet<string> = new Set(
  openAccountEndpoints.map(({ route }) => API_PREFIX + route.path),
)

function registerOpen(
  app: FastifyInstance,
  { route, handle }: OpenEndpoint,
  { life, gate }: HttpOptions,
): void {
  app.route({
    method: route.method,
    url: API_PREFIX + route.path,
    bodyLimit: MAX_OPEN_BODY,
    handler: ({ raw, params, query, headers, body }) =>
      gate.attempt(raw, () => handle({ params, query, headers, body }, servicesOf(life))),
  })
}

/** Ends a request whose body does not come to its end. */
function cutTrickle(request: IncomingMessage, afterMs: number): void {
  const timer = setTimeout(() => request.destroy(), afterMs)
  timer.unref()
  request.once('close', () => clearTimeout(timer))
  request.once('end', () => clearTimeout(timer))
}

const identities = new WeakMap<FastifyRequest, Promise<Identity>>()

/** Who has sent it, looked up once; throws `unauthenticated`. */
function identityOf(request: FastifyRequest, gate: Gate): Promise<Identity> {
  const known = identities.get(request) ?? identify(request, gate)
  identities.set(request, known)
  return known
}

async function identify(request: FastifyRequest, gate: Gate): Promise<Identity> {
  const identity = await gate.identify(request.raw)
  if (identity !== undefined) return identity
  throw new ChatbotError(
    'unauthenticated',
    'A token is needed: `chatbot login`, or send `Authorization: Bearer …`. The one of the machine’s user is in the file `token` of the data directory.',
  )
}

/** What a request of an admitted caller is served with; throws `unauthenticated`. */
async function enter(
  request: FastifyRequest,
  reply: FastifyReply,
  { life, gate, local }: HttpOptions,
): Promise<EndpointContext> {
  const identity = await identityOf(request, gate)
  life.touch()
  const services = servicesOf(life)
  await takeRequest(services.limits, identity.principal, ({ limit, remaining, retryAfterMs }) => {
    reply.header('ratelimit-limit', limit)
    reply.header('ratelimit-remaining', remaining)
    reply.header('ratelimit-reset', Math.ceil(retryAfterMs / 1000))
  })
  const gone = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort(new ChatbotError('cancelled', 'The client has gone.'))
  })
  return {
    principal: identity.principal,
    identity,
    services,
    life,
    local,
    signal: AbortSignal.any([gone.signal, life.closing]),
  }
}

/** Ready means: a question asked now would be answered; also without Redis. */
async function readiness({ phase, version }: Life, reply: FastifyReply) {
  if (phase.name !== 'ready') {
    reply.code(503)
    return { status: phase.name, version, ...(phase.name === 'starting' ? { detail: phase.awaiting } : {}) }
  }
  try {
    await phase.services.ports.store.ping()
    const trouble = phase.services.redis?.trouble
    return trouble === undefined
      ? { status: 'ok', version }
      : { status: 'degraded', version, detail: `Redis: ${trouble}` }
  } catch (error) {
    reply.code(503)
    return { status: 'failing', version, detail: ChatbotError.wrap(error).message }
  }
}

/** Fastify's own errors (a body too large, no JSON) say what the client did wrong. */
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
  return new ChatbotError(
    'internal',
    'The daemon failed for a reason that it did not expect. `chatbot logs` has the details.',
    { cause: thrown },
  )
}
