/** The HTTP API as typed calls: one method for all routes of src/api/routes.ts. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { PASSPHRASE_HEADER } from '../api/routes/backup.ts'
import { PASSWORD_HEADER } from '../api/routes/documents.ts'
import {
  API_PREFIX,
  type RouteName,
  type RouteRequest,
  type RouteResponse,
  routes,
  VERSION_HEADER,
} from '../api/routes.ts'
import { ChatbotError } from '../domain/errors.ts'
import { parseJsonOrUndefined } from '../domain/json.ts'
import { errorBodySchema } from '../protocol/shapes.ts'
import type { DaemonAddress } from './client.ts'
import { type HttpReply, httpConnection } from './http.ts'

export interface CallOptions {
  readonly signal?: AbortSignal
}

export interface BackupCallOptions extends CallOptions {
  /** Encrypts the hashes of passwords and keys. */
  readonly passphrase?: string
}

export interface ApiClient {
  /** Throws the daemon's error, or `daemon_unreachable`, `timeout`, `cancelled`, `version_mismatch`. */
  call: <N extends RouteName>(
    name: N,
    request: RouteRequest<N>,
    options?: CallOptions,
  ) => Promise<RouteResponse<N>>
  /**
   * Streams a file to the daemon; resolves when it is accepted, or without a job when it is searchable. `bytes` is its
   * size when it was hashed.
   */
  upload: (file: FileUpload, options?: CallOptions) => Promise<RouteResponse<'putDocument'>>
  /** The bytes of a backup; the stream fails if the connection ends before the archive. */
  backup: (options?: BackupCallOptions) => Promise<Readable>
  /** `bytes` is the size of the archive. */
  restore: (
    archive: { readonly stream: Readable; readonly bytes: number },
    options?: BackupCallOptions & { readonly accounts?: boolean },
  ) => Promise<RouteResponse<'restore'>>
  close: () => void
  [Symbol.dispose]: () => void
}

export interface FileUpload {
  readonly collection: string
  readonly uri: string
  readonly path: string
  /** The job of the upload. */
  readonly job?: string | undefined
  readonly bytes: number
  /** SHA-256, hex. */
  readonly hash: string
  /** Id of the file's source. */
  readonly source?: string | undefined
  /** Password of an encrypted file. */
  readonly password?: string | undefined
}

const CALL_IDLE_MS = 120_000
/** An upload is answered when the file is indexed: for the largest allowed file, that takes most of an hour. */
const UPLOAD_IDLE_MS = 3_600_000

export function apiClient(endpoint: DaemonAddress, { version }: { readonly version: string }): ApiClient {
  const connection = httpConnection(endpoint)
  const headers = { [VERSION_HEADER]: version, accept: 'application/json' }
  const withPassphrase = (passphrase: string | undefined) =>
    passphrase === undefined ? headers : { ...headers, [PASSPHRASE_HEADER]: encodeURIComponent(passphrase) }

  return {
    async call<N extends RouteName>(name: N, request: RouteRequest<N>, { signal }: CallOptions = {}) {
      const { params = {}, query = {}, body } = requestSchema.parse(request)
      const reply = await connection.send({
        method: routes[name].method,
        path: pathOf(routes[name].path, params, query),
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal,
        idleMs: CALL_IDLE_MS,
      })
      return read(reply, name, version)
    },
    async upload({ collection, uri, path, job, bytes, hash, source, password }, { signal } = {}) {
      const { method, path: template } = routes.putDocument
      // If the file is gone, its stream reports it.
      const stats = await stat(path).catch(() => undefined)
      const modifiedAt = stats?.mtime.toISOString()
      const stream = Readable.from(exactly(path, bytes))
      const reply = await connection.send({
        method,
        path: pathOf(template, { name: collection }, { uri, hash, job, modifiedAt, source }),
        headers:
          password === undefined ? headers : { ...headers, [PASSWORD_HEADER]: encodeURIComponent(password) },
        body: { stream, bytes },
        signal,
        idleMs: UPLOAD_IDLE_MS,
      })
      return read(reply, 'putDocument', version)
    },
    async backup({ signal, passphrase } = {}) {
      const { method, path } = routes.backup
      const request = {
        method,
        path: pathOf(path, {}, {}),
        headers: withPassphrase(passphrase),
        signal,
        idleMs: UPLOAD_IDLE_MS,
      }
      const response = await connection.open(request)
      if (response.statusCode === 200) return response
      const body = await text(response)
      throw errorOf({ status: response.statusCode ?? 0, headers: response.headers, body }, version)
    },
    async restore(archive, { signal, passphrase, accounts = false } = {}) {
      const { method, path } = routes.restore
      const reply = await connection.send({
        method,
        path: pathOf(path, {}, accounts ? { accounts } : {}),
        headers: withPassphrase(passphrase),
        body: archive,
        signal,
        idleMs: UPLOAD_IDLE_MS,
      })
      return read(reply, 'restore', version)
    },
    close: () => connection.close(),
    [Symbol.dispose]: () => connection.close(),
  }
}

const requestSchema = z.object({
  params: z.record(z.string(), z.union([z.string(), z.number().transform(String)])).optional(),
  query: z.record(z.string(), z.unknown()).optional(),
  body: z.unknown().optional(),
})

function pathOf(
  template: string,
  params: Readonly<Record<string, string>>,
  query: Readonly<Record<string, unknown>>,
): string {
  const path = template.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
  const given = Object.entries(query).flatMap(([key, value]): [string, string][] =>
    value === undefined ? [] : [[key, String(value)]],
  )
  return `${API_PREFIX}${path}${given.length === 0 ? '' : `?${new URLSearchParams(given)}`}`
}

const errorReply = z.object({ error: errorBodySchema })

function read<N extends RouteName>(reply: HttpReply, name: N, version: string): RouteResponse<N> {
  if (reply.status >= 400) throw errorOf(reply, version)
  const content = parseJsonOrUndefined(reply.body)
  if (!isResponse(name, content)) throw strange('a response in an unexpected form', reply.headers, version)
  return content
}

function errorOf({ status, headers, body }: HttpReply, version: string): ChatbotError {
  const known = errorReply.safeParse(parseJsonOrUndefined(body))
  return known.success
    ? ChatbotError.from(known.data.error)
    : strange(`HTTP status ${status}`, headers, version)
}

/** TypeScript cannot infer the output of a schema that is chosen by a type parameter. */
function isResponse<N extends RouteName>(name: N, content: unknown): content is RouteResponse<N> {
  return routes[name].response.safeParse(content).success
}

function strange(what: string, headers: HttpReply['headers'], version: string): ChatbotError {
  const theirs = headers[VERSION_HEADER]
  if (theirs === undefined) {
    return new ChatbotError(
      'daemon_unreachable',
      `What listens there is not a chatbot daemon: it sent ${what}.`,
    )
  }
  return theirs === version
    ? new ChatbotError('internal', `The daemon sent ${what}. \`chatbot logs\` may have details.`)
    : new ChatbotError(
        'version_mismatch',
        `The daemon is version ${String(theirs)}, this program ${version}: it sent ${what}. Restart it: chatbot restart`,
      )
}

/** The first `bytes` bytes of a file; an error if it is shorter. */
async function* exactly(path: string, bytes: number): AsyncGenerator<Buffer, void, undefined> {
  let left = bytes
  try {
    if (bytes > 0) {
      for await (const chunk of createReadStream(path, { end: bytes - 1 })) {
        if (!Buffer.isBuffer(chunk)) continue
        left -= chunk.length
        yield chunk
      }
    }
  } catch (error) {
    throw ChatbotError.wrap(error, 'document_unreadable')
  }
  if (left > 0) {
    throw new ChatbotError(
      'document_hash_mismatch',
      'The file changed during the upload. Run the ingest again.',
    )
  }
}
