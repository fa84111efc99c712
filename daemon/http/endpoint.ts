/** What connects a route of the HTTP API to its handler: its types, and reading a request by the route's schemas. */
import { Readable } from 'node:stream'
import { z } from 'zod'
import type { Route } from '../../src/api/routes/route.ts'
import type { OpenRouteName, RouteName, Routes } from '../../src/api/routes.ts'
import type { Identity } from '../../src/auth/identity.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import type { Principal } from '../../src/domain/principal.ts'
import { isStorable, UNSTORABLE } from '../../src/domain/storable.ts'
import type { Attempts } from '../../src/limits/attempts.ts'
import { problemsOf } from '../../src/protocol/problems.ts'
import type { Life, Services } from '../services.ts'

export interface EndpointContext {
  readonly principal: Principal
  readonly identity: Identity
  readonly services: Services
  readonly life: Life
  /** The request came through the daemon's Unix socket. */
  readonly local: boolean
  /** Checks further credentials of the caller. */
  readonly attempts: Attempts
  /** Aborts when the client disconnects before the response is complete. */
  readonly signal: AbortSignal
}

interface RawRequest {
  readonly params: unknown
  readonly query: unknown
  readonly headers: unknown
  readonly body: unknown
}

/** A request of this route, checked. */
interface Input<R extends Route> {
  readonly params: z.output<R['params']>
  readonly query: z.output<R['query']>
  readonly headers: z.output<R['headers']>
  readonly body: z.output<R['body']>
  /** The request's stream, if the route takes an upload. */
  readonly upload: unknown
}

/** The handlers of these routes. */
export type Endpoints<Names extends RouteName> = {
  readonly [N in Names]: (
    input: Input<Routes[N]>,
    context: EndpointContext,
  ) => Promise<z.input<Routes[N]['response']>>
}

/** The handlers of the routes without authentication. */
export type OpenEndpoints = {
  readonly [N in OpenRouteName]: (
    input: Input<Routes[N]>,
    services: Services,
    attempts: Attempts,
  ) => Promise<z.input<Routes[N]['response']>>
}

/** Throws `bad_request`, `invalid_encoding`. */
export function read<R extends Route>(route: R, raw: RawRequest): Input<R> {
  return {
    params: parse<R['params']>(route.params, raw.params, 'path'),
    query: parse<R['query']>(route.query, raw.query, 'query'),
    headers: parse<R['headers']>(route.headers, raw.headers, 'headers'),
    body: parse<R['body']>(route.body, route.body instanceof z.ZodUndefined ? undefined : raw.body, 'body'),
    upload: route.upload === true ? raw.body : undefined,
  }
}

/** Throws `bad_request`, `invalid_encoding`. */
export function parse<S extends z.ZodType>(schema: S, value: unknown, place: string): z.output<S> {
  // An octet-stream where JSON is expected: walking a stream like a tree of values would never end.
  if (value instanceof Readable) {
    throw new ChatbotError('bad_request', `The ${place} of this request must be JSON, not a file.`)
  }
  if (!isStorable(value)) {
    throw new ChatbotError('invalid_encoding', `The ${place} of the request contains ${UNSTORABLE}.`)
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new ChatbotError('bad_request', `The request is not valid: ${problemsOf(parsed.error, place)}`)
}
