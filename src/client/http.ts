/** Requests to the daemon over its Unix socket or TCP; knows no routes. */

import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ChatbotError } from '../domain/errors.ts'
import { traceparent } from '../domain/traceparent.ts'
import { duration } from '../text/amounts.ts'
import type { DaemonAddress } from './client.ts'
import { authorization } from './credentials.ts'
import { unreachable } from './socket/socket-errors.ts'

export interface HttpRequest {
  readonly method: string
  /** Including the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | { readonly stream: Readable; readonly bytes: number }
  readonly signal?: AbortSignal
  /** Longest silence in milliseconds; 0 waits forever. */
  readonly idleMs: number
}

export interface HttpReply {
  readonly status: number
  readonly headers: Readonly<IncomingMessage['headers']>
  readonly body: string
}

export interface HttpConnection {
  /** Throws `daemon_unreachable`, `timeout` or `cancelled`; every status is a reply. */
  send: (request: HttpRequest) => Promise<HttpReply>
  /** Like `send`, but returns the body unread; reading fails if the connection ends before the body. */
  open: (request: HttpRequest) => Promise<IncomingMessage>
  close: () => void
}

/** Keeps connections open between requests until `close`. */
const traceContext = () => {
  const trace = traceparent()
  return trace === undefined ? {} : { traceparent: trace }
}

export function httpConnection(endpoint: DaemonAddress): HttpConnection {
  const secure = endpoint.kind === 'tcp' && endpoint.url.startsWith('https:')
  // An `import` of node:http evaluates all its exports including undici, a tenth of a command's start-up time.
  const http = process.getBuiltinModule(secure ? 'node:https' : 'node:http')
  const agent = new http.Agent({ keepAlive: true })
  const open = (request: HttpRequest): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const { method, body, signal, idleMs } = request
      const sent = http.request({
        ...target(endpoint, request.path),
        agent,
        method,
        signal,
        headers: { ...request.headers, ...authorization(endpoint), ...contentOf(body), ...traceContext() },
      })
      sent.setTimeout(idleMs, () => sent.destroy(timeout(idleMs)))
      sent.on('response', (response) => {
        // An early refusal: the rest of the upload is not read.
        response.on('end', () => {
          if (!sent.writableFinished) sent.destroy()
        })
        resolve(response)
      })
      sent.on('error', (error) => reject(failure(endpoint, error, signal)))
      writeBody(sent, body).catch((error: unknown) => {
        // A daemon that refuses a file answers before reading all of it; its answer is the better error.
        if (!isBrokenPipe(error)) {
          sent.destroy()
          reject(failure(endpoint, error, signal))
        }
      })
    })
  return {
    close: () => agent.destroy(),
    open,
    send: async (request) => {
      const response = await open(request)
      try {
        const body = await readAll(response)
        return { status: response.statusCode ?? 0, headers: response.headers, body }
      } catch (error) {
        throw failure(endpoint, error, request.signal)
      }
    },
  }
}

function target(endpoint: DaemonAddress, path: string) {
  if (endpoint.kind === 'local') return { socketPath: endpoint.socketPath, path }
  const { protocol, hostname, port, pathname } = new URL(endpoint.url)
  return {
    protocol,
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    path: pathname.replace(/\/$/, '') + path,
  }
}

function contentOf(body: HttpRequest['body']): Record<string, string | number> {
  if (body === undefined) return {}
  return typeof body === 'string'
    ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    : { 'content-type': 'application/octet-stream', 'content-length': body.bytes }
}

async function writeBody(sent: ClientRequest, body: HttpRequest['body']): Promise<void> {
  if (body === undefined || typeof body === 'string') sent.end(body)
  else await pipeline(body.stream, sent)
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function failure(endpoint: DaemonAddress, thrown: unknown, signal: AbortSignal | undefined): ChatbotError {
  if (signal?.aborted) return new ChatbotError('cancelled', 'The request was cancelled.', { cause: thrown })
  if (thrown instanceof ChatbotError) return thrown
  return unreachable(endpoint, thrown instanceof Error ? thrown : new Error(String(thrown)))
}

const timeout = (ms: number) =>
  new ChatbotError('timeout', `The daemon did not answer within ${duration(ms)}. Look at: chatbot status`)

const isBrokenPipe = (error: unknown) =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'EPIPE' || error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE')
