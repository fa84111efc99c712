/** Connects a route of the HTTP API to its handler: parses the request with the route's schemas. */
import { Readable } from 'node:stream'
import { z } from 'zod'
import type { Route } from '../../src/api/routes/route.ts'
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

/** A route without authentication. */
export interface OpenEndpoint {
  readonly route: Route
  handle: (raw: RawRequest, services: Services, attempts: Attempts) => Promise<unknown>
}

interface RawRequest {
  readonly params: unknown
  readonly query: unknown
  readonly headers: unknown
  readonly body: unknown
}

export interface Endpoint {
  readonly route: Route
  handle: (raw: RawRequest, context: EndpointContext) => Promise<unknown>
}

interface Shapes<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  H extends z.ZodObject,
  B extends z.ZodType,
  R extends z.ZodType,
> extends Route {
  readonly params: P
  readonly query: Q
  readonly headers: H
  readonly body: B
  readonly response: R
}

interface Input<P extends z.ZodObject, Q extends z.ZodObject, H extends z.ZodObject, B extends z.ZodType> {
  readonly params: z.output<P>
  readonly query: z.output<Q>
  readonly headers: z.output<H>
  readonly body: z.output<B>
  /** The request's stream, if the route takes an upload. */
  readonly upload: unknown
}

export function endpoint<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  H extends z.ZodObject,
  B extends z.ZodType,
  R extends z.ZodType,
>(
  route: Shapes<P, Q, H, B, R>,
  handle: (input: Input<P, Q, H, B>, context: EndpointContext) => Promise<z.input<R>>,
): Endpoint {
  return {
    route,
    handle: (raw, context) => handle(read(route, raw), context),
  }
}

export function openEndpoint<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  H extends z.ZodObject,
  B extends z.ZodType,
  R extends z.ZodType,
>(
  route: Shapes<P, Q, H, B, R>,
  handle: (input: Input<P, Q, H, B>, services: Services, attempts: Attempts) => Promise<z.input<R>>,
): OpenEndpoint {
  return { route, handle: (raw, services, attempts) => handle(read(route, raw), services, attempts) }
}

function read<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  H extends z.ZodObject,
  B extends z.ZodType,
  R extends z.ZodType,
>(route: Shapes<P, Q, H, B, R>, raw: RawRequest): Input<P, Q, H, B> {
  return {
    params: parse(route.params, raw.params, 'path'),
    query: parse(route.query, raw.query, 'query'),
    headers: parse(route.headers, raw.headers, 'headers'),
    body: parse(route.body, route.body instanceof z.ZodUndefined ? undefined : raw.body, 'body'),
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
