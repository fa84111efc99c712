/** An upload run as seen from the client: which files were accepted, and what the daemon's job made of them. */
import type { RouteResponse } from '../../api/routes.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { ApiClient } from '../api.ts'
import { pause } from '../pause.ts'
import { cancelled, type Stops } from './stops.ts'

export type JobStatus = RouteResponse<'getJob'>
export type JobDocumentResult = RouteResponse<'listJobDocuments'>['documents'][number]

export interface SyncRunOptions extends Stops {
  readonly api: Pick<ApiClient, 'call'>
  readonly collection: string
  /** Stop following the job once everything is uploaded. */
  readonly detach?: boolean | undefined
  /** Reports the job's progress, a few times a second. */
  onProgress?: (job: JobStatus) => void
  /** Resolves after this time or on abort; for tests. */
  readonly wait?: ((ms: number, signal: AbortSignal | undefined) => Promise<void>) | undefined
}

export type OnIndexed = (document: JobDocumentResult) => void

/** The first polls are frequent, because a small run ends quickly. */
const FIRST_POLL_MS = 20
const POLL_MS = 300
const DOCUMENTS_PER_PAGE = 1000
const LAST_CALL_MS = 1000

/** Creates its job with the first file. */
export class UploadRun {
  readonly #options: SyncRunOptions
  readonly #expected = new Map<string, OnIndexed>()
  #job: Promise<string> | undefined
  #following: Promise<void> | undefined
  #seen = 0

  constructor(options: SyncRunOptions) {
    this.#options = options
  }

  /** Id of the job, for uploads. */
  job(): Promise<string> {
    this.#job ??= this.#begin()
    return this.#job
  }

  /** Undefined if nothing was uploaded. */
  async known(): Promise<string | undefined> {
    return this.#job?.catch(() => undefined)
  }

  /** The file was accepted; `onIndexed` is called with its outcome. */
  expect(uri: string, onIndexed: OnIndexed): void {
    this.#expected.set(uri, onIndexed)
  }

  /** The file was accepted and its outcome is not known yet. */
  expects(uri: string): boolean {
    return this.#expected.has(uri)
  }

  /**
   * Ends the uploads. Resolves when all of them are indexed, or at once when detached. A stop cancels the rest. Throws
   * the reason if the job failed or was cancelled, and the daemon's errors.
   */
  async finish(): Promise<void> {
    const { api, stop, abort, detach } = this.#options
    const id = await this.known()
    if (id === undefined) return
    const request = { params: { id } }
    if (detach === true) {
      await api.call('sealJob', request, { signal: abort })
      return
    }
    const cancel = (signal: AbortSignal | undefined) =>
      // It may have ended by itself.
      api.call('cancelJob', request, { signal }).catch(() => undefined)
    try {
      if (stop?.aborted) await cancel(abort)
      else await api.call('sealJob', request, { signal: abort })
      await Promise.race([this.#following, told(stop)])
      if (stop?.aborted) await cancel(abort)
      await this.#following
    } finally {
      if (abort?.aborted) await cancel(AbortSignal.timeout(LAST_CALL_MS))
    }
    if (stop?.aborted) throw cancelled()
  }

  async #begin(): Promise<string> {
    const { api, collection, detach, abort } = this.#options
    const { id } = await api.call('createJob', { params: { name: collection } }, { signal: abort })
    if (detach !== true) {
      this.#following = this.#follow(id)
      // It is awaited after the last upload.
      this.#following.catch(() => undefined)
    }
    return id
  }

  async #follow(id: string): Promise<void> {
    const { api, stop, abort, wait = pause, onProgress } = this.#options
    const began = performance.now()
    for (;;) {
      const job = await api.call('getJob', { params: { id } }, { signal: abort })
      onProgress?.(job)
      await this.#collect(id)
      if (job.state === 'failed') throw failure(job)
      if (job.state === 'cancelled') {
        // The remaining documents count as not started; a rerun ingests them.
        if (stop?.aborted) return this.#expected.clear()
        throw new ChatbotError('cancelled', 'The job was cancelled.')
      }
      if (job.state === 'done' && this.#expected.size === 0) return
      // Documents that were done before their uploads were answered.
      if (job.state === 'done') this.#seen = 0
      await wait(Math.min(POLL_MS, FIRST_POLL_MS + (performance.now() - began) / 10), abort)
    }
  }

  /** Results in the order of their ids, up to the first unfinished document. */
  async #collect(id: string): Promise<void> {
    const { api, abort } = this.#options
    for (;;) {
      const query = { after: this.#seen, limit: DOCUMENTS_PER_PAGE }
      const { documents } = await api.call('listJobDocuments', { params: { id }, query }, { signal: abort })
      let behind = true
      for (const document of documents) {
        if (document.state === 'staged' || document.state === 'receiving') behind = false
        else this.#report(document)
        if (behind) this.#seen = document.id
      }
      if (documents.length < DOCUMENTS_PER_PAGE || !behind) return
    }
  }

  #report(document: JobDocumentResult): void {
    const onIndexed = this.#expected.get(document.uri)
    if (onIndexed === undefined || document.state === 'cancelled') return
    this.#expected.delete(document.uri)
    onIndexed(document)
  }
}

const told = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) resolve()
    signal?.addEventListener('abort', () => resolve(), { once: true })
  })

const failure = ({ id, errorCode, errorMessage }: JobStatus): ChatbotError =>
  new ChatbotError(
    errorCode ?? 'internal',
    `${errorMessage} Accepted files are kept: chatbot jobs retry ${id.slice(0, 8)}`,
  )
