/** Brings files into a collection: hashes them, asks the daemon which it needs, uploads those, a few at a time. */
import { ChatbotError, type ErrorCode } from '../domain/errors.ts'
import type { ApiClient } from './api.ts'
import type { FoundFile } from './files.ts'
import { hashFile } from './hash.ts'
import { pause } from './pause.ts'

export type FileResult = FoundFile &
  (
    | {
        readonly status: 'indexed'
        readonly document: string
        readonly chunks: number
        readonly warnings: readonly string[]
      }
    | { readonly status: 'unchanged' }
    | { readonly status: 'failed'; readonly code: ErrorCode; readonly reason: string }
  )

export interface IngestRun {
  /** In the order of the files; those that were not reached are missing. */
  readonly results: readonly FileResult[]
  /** What ended the run before all files were done; `cancelled` when it was told to stop. */
  readonly stopped: ChatbotError | undefined
}

export interface IngestOptions {
  readonly api: Pick<ApiClient, 'call' | 'upload'>
  readonly collection: string
  readonly files: readonly FoundFile[]
  /** Uploads at once. */
  readonly jobs: number
  /** For encrypted files. */
  readonly password?: string | undefined
  /** Larger files are refused without being sent. */
  readonly maxFileBytes: number
  /** Begin no more files; those under way are finished. */
  readonly stop?: AbortSignal
  /** Stop at once. */
  readonly abort?: AbortSignal
  onResult?(result: FileResult): void
  /** Resolves after so many milliseconds or on abort; for tests. */
  readonly wait?: (ms: number, signal: AbortSignal | undefined) => Promise<void>
}

const BATCH = 500
const HASHES_AT_ONCE = 4
/** How often a file is offered to a daemon that says it is busy. */
const OFFERS = 30

/** Errors of the daemon or the connection, not of one file: the next file would meet them too. */
const FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'daemon_unreachable',
  'unauthenticated',
  'forbidden',
  'draining',
  'cancelled',
  'version_mismatch',
  'invalid_collection_name',
  'index_mismatch',
  'disk_full',
  'data_dir_unusable',
  'database_corrupt',
  'database_unreachable',
  'database_setup',
  'model_corrupt',
])

interface Hashed extends FoundFile {
  readonly hash: string
  readonly bytes: number
}

/** One bad file is a result, not the end. Never rejects: what ends the run early is in `stopped`. */
export async function ingestFiles(options: IngestOptions): Promise<IngestRun> {
  const results = new Map<string, FileResult>()
  const report = (result: FileResult) => {
    results.set(result.uri, result)
    options.onResult?.(result)
  }
  let stopped: ChatbotError | undefined
  try {
    for (let from = 0; from < options.files.length; from += BATCH) {
      await ingestBatch(options.files.slice(from, from + BATCH), options, report)
    }
  } catch (error) {
    stopped = ChatbotError.wrap(error)
  }
  return { results: options.files.flatMap(({ uri }) => results.get(uri) ?? []), stopped }
}

async function ingestBatch(
  batch: readonly FoundFile[],
  options: IngestOptions,
  report: (result: FileResult) => void,
): Promise<void> {
  const { api, collection, abort } = options
  const hashes = new Map<string, Hashed>()
  await concurrently(HASHES_AT_ONCE, batch, options, async (file) => {
    try {
      hashes.set(file.uri, { ...file, ...(await hashFile(file.path, abort)) })
    } catch (error) {
      report(failed(file, error, abort))
    }
  })
  const hashed = batch.flatMap(({ uri }) => hashes.get(uri) ?? [])
  if (hashed.length === 0) return
  const { needed } = await api.call(
    'compareManifest',
    {
      params: { name: collection },
      body: { files: hashed.map(({ uri, bytes, hash }) => ({ uri, bytes, hash })) },
    },
    { signal: abort },
  )
  const uris = new Set(needed)
  for (const { path, uri } of hashed) if (!uris.has(uri)) report({ path, uri, status: 'unchanged' })
  const wanted = hashed.filter(({ uri }) => uris.has(uri))
  await concurrently(options.jobs, wanted, options, async (file) => {
    try {
      report(await upload(file, options))
    } catch (error) {
      report(failed(file, error, abort))
    }
  })
}

async function upload(
  file: Hashed,
  { api, collection, password, abort, maxFileBytes, wait = pause }: IngestOptions,
): Promise<FileResult> {
  const { path, uri } = file
  if (file.bytes > maxFileBytes) {
    throw new ChatbotError(
      'document_too_large',
      `It has ${file.bytes} bytes; ${maxFileBytes} are allowed (ingest.maxFileBytes). Split it, or raise the limit.`,
    )
  }
  for (let offer = 1; ; offer++) {
    try {
      const { status, document } = await api.upload({ collection, password, ...file }, { signal: abort })
      return status === 'unchanged'
        ? { path, uri, status }
        : { path, uri, status, document: document.id, chunks: document.chunks, warnings: document.warnings }
    } catch (error) {
      const { code, retryAfterMs = 1000 } = ChatbotError.wrap(error)
      if ((code !== 'overloaded' && code !== 'rate_limited') || offer === OFFERS) throw error
      await wait(retryAfterMs, abort)
    }
  }
}

/** The result of a file that failed; throws when the error is not the file's. */
function failed({ path, uri }: FoundFile, thrown: unknown, abort: AbortSignal | undefined): FileResult {
  if (abort?.aborted) throw cancelled()
  const { code, message } = ChatbotError.wrap(thrown)
  if (FATAL.has(code)) throw thrown
  return { path, uri, status: 'failed', code, reason: message }
}

/** Works on `limit` items at a time; after an error or a stop no new one is begun, and those begun are awaited. */
async function concurrently<T>(
  limit: number,
  items: readonly T[],
  { stop, abort }: Pick<IngestOptions, 'stop' | 'abort'>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  let broken = false
  const worker = async () => {
    for (const item of queue) {
      if (stop?.aborted || abort?.aborted) throw cancelled()
      if (broken) return
      await work(item).catch((error: unknown) => {
        broken = true
        throw error
      })
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}

const cancelled = () => new ChatbotError('cancelled', 'The ingest was stopped.')
