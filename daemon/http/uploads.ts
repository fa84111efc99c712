/** Receives files: streams them to disk with their hash, then indexes them or stages them for a job. */
import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileError } from '../../src/config/data-dir.ts'
import { runtimePaths } from '../../src/config/runtime-paths.ts'
import { ChatbotError, type ErrorCode } from '../../src/domain/errors.ts'
import type { Principal } from '../../src/domain/principal.ts'
import { type IngestFile, readDocument } from '../../src/ingest/read.ts'
import { type IngestedOne, ingestOne } from '../../src/jobs/ingest-one.ts'
import { bytes } from '../../src/text/amounts.ts'
import type { Services } from '../services.ts'

/** Concurrent uploads; each needs disk, and memory while it is parsed and stored. */
const MAX_UPLOADS = 16

let uploading = 0

export interface Upload {
  readonly collection: string
  readonly uri: string
  /** SHA-256 of the bytes, hex, as the client computed it. */
  readonly hash: string
  /** The job of the upload. */
  readonly job?: string | undefined
  /** When the file was last modified, according to the client. */
  readonly modifiedAt?: Date | undefined
  /** Id of the file's source. */
  readonly source?: string | undefined
  /** Password of an encrypted file. */
  readonly password: string | undefined
  /** The request's stream. */
  readonly bytes: unknown
  readonly signal: AbortSignal
}

type Uploaded = IngestedOne | { readonly status: 'staged'; readonly job: string }

/** Without a job, resolves when the document is indexed; a job only accepts it, and records refused files. */
export async function ingestUpload(
  services: Services,
  principal: Principal,
  upload: Upload,
): Promise<Uploaded> {
  const { job, signal } = upload
  if (job !== undefined) return staged(services, principal, upload, job)
  // A staged document is indexed anyway, and counts as an upload until then even if its client is gone.
  return Promise.race([alone(services, principal, upload), ending(signal)])
}

async function alone(services: Services, principal: Principal, upload: Upload): Promise<IngestedOne> {
  const { parser, specs, jobs, ports } = services
  const { collection, signal } = upload
  return received(services, upload, async (file) => {
    const { spec } = await specs.of(collection)
    const read = await readDocument(file, spec.reference, { parser, signal })
    return ingestOne(principal, { collection, spec }, read, { store: ports.store, jobs })
  })
}

async function staged(
  services: Services,
  principal: Principal,
  upload: Upload,
  job: string,
): Promise<Uploaded> {
  const { parser, specs } = services
  const { store } = services.ports
  const { collection, uri, signal } = upload
  try {
    const found = await received(services, upload, async (file) => {
      const { spec } = await specs.of(collection)
      const { document, chunks } = await readDocument(file, spec.reference, { parser, signal })
      return store.staging.stage(principal, { collection, spec, job }, document, chunks)
    })
    if (found.status === 'staged') {
      services.jobs.wake()
      return { status: 'staged', job: found.job }
    }
    return { status: 'unchanged', document: await store.documents.get(principal, found.document) }
  } catch (thrown) {
    const error = ChatbotError.wrap(thrown)
    if (error.transient !== 'daemon' && !OF_THE_RUN.has(error.code))
      await store.staging.refuse(principal, job, uri, error)
    throw thrown
  }
}

/** Rejects with the signal's reason. */
const ending = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const end = () => reject(signal.reason)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })

/** Errors of the job or its client, not of the file: the client retries or was told to stop. */
const OF_THE_RUN: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'cancelled',
  'unknown_job',
  'job_ended',
  'document_hash_mismatch',
])

/** The result of `takeIn` with the file on disk. */
async function received<T>(
  services: Services,
  { uri, hash, modifiedAt, source, password, bytes, signal }: Upload,
  takeIn: (file: IngestFile) => Promise<T>,
): Promise<T> {
  const body = bodyStream(bytes)
  if (uploading >= MAX_UPLOADS) {
    throw new ChatbotError(
      'overloaded',
      `The daemon is already receiving ${MAX_UPLOADS} files. Try again in a moment.`,
      { retryAfterMs: 1000 },
    )
  }
  uploading += 1
  const { config } = services.loaded
  const path = join(runtimePaths(config.dataDir).uploads, randomUUID())
  try {
    const { bytes: size, hash: actual } = await receive(body, path, config.ingest.maxFileBytes, uri, signal)
    if (actual !== hash) {
      throw new ChatbotError(
        'document_hash_mismatch',
        `${uri} changed during the upload. Run the ingest again.`,
      )
    }
    return await takeIn({ path, uri, bytes: size, hash, modifiedAt, source, password })
  } finally {
    uploading -= 1
    await rm(path, { force: true })
  }
}

/** The request's stream; throws `bad_request` if the body has another content type. */
export function bodyStream(body: unknown): Readable {
  if (body instanceof Readable) return body
  throw new ChatbotError(
    'bad_request',
    'Send the file as the body, with `Content-Type: application/octet-stream`.',
  )
}

/** Deletes uploads left by a killed daemon. */
export async function clearUploads(dir: string): Promise<void> {
  for (const name of await readdir(dir)) await rm(join(dir, name), { force: true })
}

async function receive(body: Readable, path: string, maxBytes: number, uri: string, signal: AbortSignal) {
  const hash = createHash('sha256')
  let size = 0
  // Not destroyed on an error: the rest of a refused body is drained, because a client that is cut off while sending
  // never receives the refusal, and an unread body keeps its connection open for ever.
  const source = body.iterator({ destroyOnReturn: false })
  const cutOff = () => body.destroy()
  signal.addEventListener('abort', cutOff)
  try {
    await pipeline(
      async function* () {
        for await (const chunk of source) {
          if (!Buffer.isBuffer(chunk)) continue
          size += chunk.length
          if (size > maxBytes) {
            throw new ChatbotError(
              'document_too_large',
              `${uri} is larger than ${bytes(maxBytes)} (ingest.maxFileBytes). Split it, or raise the limit.`,
            )
          }
          hash.update(chunk)
          yield chunk
        }
      },
      createWriteStream(path, { mode: 0o600, flags: 'wx' }),
      { signal },
    )
  } catch (error) {
    body.resume()
    throw signal.aborted ? signal.reason : fileError(error, `the upload of ${uri}`)
  } finally {
    signal.removeEventListener('abort', cutOff)
  }
  return { bytes: size, hash: hash.digest('hex') }
}
