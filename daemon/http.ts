/** The HTTP server: health probes, the versioned API from src/api/routes.ts, the OpenAPI document. */
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { openApiDocument } from '../src/api/openapi.ts'
import { API_PREFIX, VERSION_HEADER } from '../src/api/routes.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import { type Endpoint, endpoints } from './endpoints.ts'
import type { Gate } from './gate.ts'
import type { Logger } from './log.ts'
import { type Life, servicesOf } from './services.ts'

const MAX_JSON_BODY = 4 * 1024 * 1024

export interface HttpOptions {
  readonly life: Life
  readonly gate: Gate
  readonly log: Logger
  /** Whether requests come through the daemon's own socket. */
  readonly local: boolean
}

export function buildHttp(options: HttpOptions): FastifyInstance {
  const { life, gate, log } = options
  const app = Fastify({ logger: false, bodyLimit: MAX_JSON_BODY, routerOptions: { maxParamLength: 4096 } })

  // Uploads are streamed to disk by their handler.
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))
  app.addHook('onRequest', async (request, reply) => {
    reply.header(VERSION_HEADER, life.version)
    gate.admit(request.raw)
  })
  app.addHook('onResponse', async ({ id, method, routeOptions }, reply) => {
    log.debug(
      {
        request: id,
        method,
        route: routeOptions.url,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    )
  })
  app.setErrorHandler((thrown, request, reply) => {
    const error = toChatbotError(thrown)
    if (error.code === 'internal')
      log.error({ err: thrown, request: request.id, route: request.routeOptions.url }, 'request failed')
    if (error.retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(error.retryAfterMs / 1000))
    return reply.code(error.httpStatus).send({ error })
  })
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
  app.get(`${API_PREFIX}/openapi.json`, async () => openApiDocument(life.version))
  for (const endpoint of endpoints) register(app, endpoint, options)
  return app
}

function register(
  app: FastifyInstance,
  { route, handle }: Endpoint,
  { life, gate, local }: HttpOptions,
): void {
  app.route({
    method: route.method,
    url: API_PREFIX + route.path,
    async handler(request, reply) {
      const principal = gate.identify(request.raw)
      if (principal === undefined) {
        throw new ChatbotError(
          'unauthenticated',
          'A token is needed: send `Authorization: Bearer …`. The local one is in the file `token` of the data directory.',
        )
      }
      life.touch()
      const gone = new AbortController()
      reply.raw.once('close', () => {
        if (!reply.raw.writableFinished) gone.abort(new ChatbotError('cancelled', 'The client has gone.'))
      })
      const { params, query, headers, body } = request
      return handle(
        { params, query, headers, body },
        {
          principal,
          services: servicesOf(life),
          life,
          local,
          signal: AbortSignal.any([gone.signal, life.closing]),
        },
      )
    },
  })
}

/** Ready means: a question asked now would be answered. */
async function readiness({ phase, version }: Life, reply: FastifyReply) {
  if (phase.name !== 'ready') {
    reply.code(503)
    return { status: phase.name, version, ...(phase.name === 'starting' ? { detail: phase.awaiting } : {}) }
  }
  try {
    await phase.services.ports.store.ping()
    return { status: 'ok', version }
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
