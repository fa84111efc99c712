/** A single upload: a run of one document, worked on at once by the daemon that has it, and awaited. */
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

/** How often it is looked at when it ends elsewhere: by another daemon, or with a later upload of the same document. */
const LOOK_MS = 50

/**
 * Once it is staged it is accepted: it goes on when nobody waits any more, and in another daemon when this one is
 * killed. Of a document that is uploaded again meanwhile the later upload counts, and both end with it. What fails is
 * thrown and not kept. Throws what `StagingRepository.stage` and the embedder throw, and `cancelled`.
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
    const indexed = await ended(principal, target.collection, job, store)
    return { status: 'indexed', document: await store.documents.get(principal, indexed) }
  } finally {
    // Nobody else knows it. Where the database is gone it is forgotten with other old jobs.
    await store.jobs.forget(principal, job).catch(() => undefined)
  }
}

async function ended(
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
