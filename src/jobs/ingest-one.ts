/** A single upload: a job with one document that starts at once in this daemon and is waited for. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { DocumentSummary } from '../domain/document.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Principal } from '../domain/principal.ts'
import type { ReadDocument } from '../ingest/read.ts'
import type { StageTarget } from '../ports/store/staging.ts'
import type { Store } from '../ports/store/store.ts'
import { type JobRunner, LEASE_MS } from './runner.ts'

export interface IngestedOne {
  readonly status: 'indexed' | 'unchanged'
  readonly document: DocumentSummary
}

/** Poll interval while the outcome depends on another daemon or on a later upload of the same document. */
const LOOK_MS = 50

/**
 * Once staged, the document is accepted: it is indexed even if nobody waits any more, or, by another daemon, if this
 * one is killed. If the same document is uploaded again meanwhile, the later upload wins and both calls return its
 * document. After an error nothing is kept. Throws what `StagingRepository.stageAlone` and the embedder throw, and
 * `cancelled`.
 */
export async function ingestOne(
  principal: Principal,
  target: StageTarget,
  { document, chunks }: ReadDocument,
  { store, jobs }: { readonly store: Store; readonly jobs: JobRunner },
): Promise<IngestedOne> {
  const staged = await store.staging.stageAlone(principal, target, document, chunks, LEASE_MS)
  if (staged.status === 'unchanged')
    return { status: 'unchanged', document: await store.documents.get(principal, staged.document) }
  const { job } = staged.claim
  try {
    await jobs.workNow(staged.claim)
    const indexed = await awaitOutcome(principal, target.collection, job, store)
    return { status: 'indexed', document: await store.documents.get(principal, indexed) }
  } finally {
    // Nobody else knows its id. If the database is unreachable, it is deleted with other old jobs.
    await store.jobs.forget(principal, job).catch(() => undefined)
  }
}

async function awaitOutcome(
  principal: Principal,
  collection: string,
  job: string,
  { staging, collections }: Store,
): Promise<string> {
  for (;;) {
    const outcome = await staging.outcome(principal, job)
    switch (outcome.state) {
      case 'indexed':
        return outcome.document
      case 'failed':
        throw new ChatbotError(outcome.code, outcome.message)
      case 'cancelled':
        await collections.require(principal, collection, 'editor')
        throw new ChatbotError('cancelled', 'It was cancelled or deleted before it was indexed.')
      case 'waiting':
        await sleep(LOOK_MS, undefined, { ref: false })
    }
  }
}
