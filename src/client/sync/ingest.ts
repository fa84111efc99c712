/**
 * Ingests files into a collection: hashes them, asks the daemon which ones it needs, uploads those concurrently, and
 * follows the job that indexes them.
 */
import { concurrently } from '../../domain/concurrently.ts'
import { ChatbotError, type ErrorCode } from '../../domain/errors.ts'
import { bytes } from '../../text/amounts.ts'
import type { ApiClient } from '../api.ts'
import type { FoundFile } from '../files/expand.ts'
import { type HashedFile, hashFile } from '../files/hash.ts'
import { pause } from '../pause.ts'
import { type JobDocumentResult, type JobStatus, UploadRun } from './run.ts'
import { cancelled, checkStops, type Stops } from './stops.ts'

export type FileResult = FoundFile &
  (
    | {
        readonly status: 'indexed'
        readonly change: 'added' | 'changed'
        readonly document: string
        readonly chunks: number
        readonly warnings: readonly string[]
      }
    | { readonly status: 'unchanged' }
    /** Accepted, now or in an earlier run; the daemon indexes it in the background. */
    | { readonly status: 'staged'; readonly job: string }
    | { readonly status: 'failed'; readonly code: ErrorCode; readonly reason: string }
  )

export type FailedResult = Extract<FileResult, { status: 'failed' }>

export interface IngestRun {
  /** In the order of the files, without those that were not reached. */
  readonly results: readonly FileResult[]
  /** The error that ended the run early; `cancelled` if it was stopped. */
  readonly stopped: ChatbotError | undefined
}

export interface IngestOptions extends Stops {
  readonly api: Pick<ApiClient, 'call' | 'upload'>
  readonly collection: string
  /** Files without a hash are hashed along the way. */
  readonly files: readonly (FoundFile | HashedFile)[]
  /** Id of their source. */
  readonly source?: string | undefined
  /** Concurrent uploads. */
  readonly jobs: number
  /** The password of encrypted files. */
  readonly password?: string | undefined
  /** Larger files are refused without being sent. */
  readonly maxFileBytes: number
  /** Do not wait for the daemon to index the uploads: files end as `staged`. */
  readonly detach?: boolean | undefined
  onResult?: (result: FileResult) => void
  /** Reports the daemon's progress, a few times a second. */
  onProgress?: (job: JobStatus) => void
  /** Resolves after this time or on abort; for tests. */
  readonly wait?: (ms: number, signal: AbortSignal | undefined) => Promise<void>
}

const FILES_PER_BATCH = 500
const HASHES_AT_ONCE = 8
/** How often a file is offered to a busy daemon. */
const MAX_OFFERS = 600

/** Errors of the daemon or the connection, not of one file: the next file would fail too. */
const FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'daemon_unreachable',
  'unauthenticated',
  'forbidden',
  'draining',
  'cancelled',
  'job_ended',
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

/** A bad file is a result and does not end the run. Never rejects: an early end is in `stopped`. */
export async function ingestFiles(options: IngestOptions): Promise<IngestRun> {
  const results = new Map<string, FileResult>()
  const report = (result: FileResult) => {
    results.set(result.uri, result)
    options.onResult?.(result)
  }
  const run = new UploadRun(options)
  let stopped: ChatbotError | undefined
  try {
    for (let from = 0; from < options.files.length; from += FILES_PER_BATCH) {
      await ingestBatch(options.files.slice(from, from + FILES_PER_BATCH), options, run, report)
    }
  } catch (error) {
    stopped = ChatbotError.wrap(error)
  }
  try {
    await run.finish()
  } catch (error) {
    if (options.abort?.aborted) stopped ??= cancelled()
    // The job's error is more precise than that of the uploads it refused.
    else if (stopped === undefined || stopped.code === 'job_ended') stopped = ChatbotError.wrap(error)
  }
  const job = await run.known()
  const told = options.stop?.aborted || options.abort?.aborted
  for (const { path, uri } of options.files) {
    if (job !== undefined && !told && run.expects(uri)) report({ path, uri, status: 'staged', job })
  }
  return { results: options.files.flatMap(({ uri }) => results.get(uri) ?? []), stopped }
}

/** The readable files, in order; the others are reported. */
export async function hashFiles(
  found: readonly (FoundFile | HashedFile)[],
  { hash = hashFile, stop, abort }: Stops & { readonly hash?: typeof hashFile | undefined },
  report: (failure: FailedResult) => void,
): Promise<HashedFile[]> {
  const hashes = new Map<string, HashedFile>()
  await concurrently(HASHES_AT_ONCE, found, async (file) => {
    checkStops({ stop, abort })
    try {
      hashes.set(file.uri, 'hash' in file ? file : { ...file, ...(await hash(file.path, abort)) })
    } catch (error) {
      report(failed(file, error, abort))
    }
  })
  return found.flatMap(({ uri }) => hashes.get(uri) ?? [])
}

async function ingestBatch(
  batch: readonly (FoundFile | HashedFile)[],
  options: IngestOptions,
  run: UploadRun,
  report: (result: FileResult) => void,
): Promise<void> {
  const { api, collection, source, abort } = options
  const hashed = await hashFiles(batch, options, report)
  if (hashed.length === 0) return
  const files = hashed.map(({ uri, bytes, hash }) => ({ uri, bytes, hash }))
  const { needed, changed, staged } = await api.call(
    'compareManifest',
    { params: { name: collection }, body: { source, files } },
    { signal: abort },
  )
  const uris = new Set(needed)
  const known = new Set(changed)
  const waiting = new Map(staged.map(({ uri, job }) => [uri, job]))
  for (const { path, uri } of hashed) {
    const job = waiting.get(uri)
    if (job !== undefined) report({ path, uri, status: 'staged', job })
    else if (!uris.has(uri)) report({ path, uri, status: 'unchanged' })
  }
  const wanted = hashed.filter(({ uri }) => uris.has(uri))
  await concurrently(options.jobs, wanted, async (file) => {
    checkStops(options)
    try {
      await upload(file, known.has(file.uri) ? 'changed' : 'added', options, run, report)
    } catch (error) {
      report(failed(file, error, abort))
    }
  })
}

async function upload(
  file: HashedFile,
  change: 'added' | 'changed',
  { api, collection, source, password, stop, abort, maxFileBytes, detach, wait = pause }: IngestOptions,
  run: UploadRun,
  report: (result: FileResult) => void,
): Promise<void> {
  const { path, uri } = file
  if (file.bytes > maxFileBytes) {
    throw new ChatbotError(
      'document_too_large',
      `It is larger than ${bytes(maxFileBytes)} (ingest.maxFileBytes). Split it, or raise the limit.`,
    )
  }
  const job = await run.job()
  for (let offer = 1; ; offer++) {
    try {
      const uploaded = await api.upload({ collection, job, source, password, ...file }, { signal: abort })
      if (uploaded.status === 'unchanged') return report({ path, uri, status: 'unchanged' })
      if (detach === true) return report({ path, uri, status: 'staged', job })
      return run.expect(uri, (document) => report(resultOf({ path, uri }, change, document)))
    } catch (error) {
      const { code, retryAfterMs = 1000 } = ChatbotError.wrap(error)
      if ((code !== 'overloaded' && code !== 'rate_limited') || offer === MAX_OFFERS) throw error
      await wait(retryAfterMs, stop ?? abort)
      if (stop?.aborted) throw cancelled()
    }
  }
}

/** A document replaced by a newer upload counts as unchanged: the newer upload reports it. */
function resultOf(
  file: FoundFile,
  change: 'added' | 'changed',
  { state, document, chunks, warnings, ...error }: JobDocumentResult,
): FileResult {
  if (state === 'indexed' && document !== null)
    return { ...file, status: 'indexed', change, document, chunks, warnings }
  if (state === 'replaced') return { ...file, status: 'unchanged' }
  const { errorCode, errorMessage } = error
  return {
    ...file,
    status: 'failed',
    code: errorCode ?? 'cancelled',
    reason: errorMessage ?? 'It was cancelled.',
  }
}

/** The result of a failed file; throws if the error is not specific to the file. */
function failed({ path, uri }: FoundFile, thrown: unknown, abort: AbortSignal | undefined): FailedResult {
  if (abort?.aborted) throw cancelled()
  const { code, fullMessage } = ChatbotError.wrap(thrown)
  if (FATAL.has(code)) throw thrown
  return { path, uri, status: 'failed', code, reason: fullMessage }
}
