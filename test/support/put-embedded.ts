import type { DocumentSummary, EmbeddedChunk, IndexSpec } from '../../src/domain/document.ts'
import type { Principal } from '../../src/domain/principal.ts'
import type { NewDocument } from '../../src/ports/store/documents.ts'
import type { Store } from '../../src/ports/store/store.ts'

const LEASE_MS = 60_000

/** A document with vectors that are made already, put in place as a single upload puts it. */
export async function putEmbedded(
  { staging, jobs, documents }: Store,
  principal: Principal,
  collection: string,
  spec: IndexSpec,
  document: NewDocument,
  chunks: readonly EmbeddedChunk[],
): Promise<{ status: 'indexed' | 'unchanged'; document: DocumentSummary }> {
  const staged = await staging.stageAlone(principal, { collection, spec }, document, chunks, LEASE_MS)
  if (staged.status === 'unchanged')
    return { status: 'unchanged', document: await documents.get(principal, staged.document) }
  const { claim, id } = staged
  const vectors = chunks.map(({ ordinal, vector }) => ({
    document: id,
    ordinal,
    embedding: vector,
    unknown: 0,
  }))
  if (vectors.length > 0) await staging.save(claim, spec, vectors, null)
  await staging.publish(claim, spec, [id], () => undefined)
  await jobs.release(claim, false)
  const outcome = await staging.outcome(principal, claim.job)
  if (outcome.state !== 'indexed') throw new Error(`${document.uri} ended as ${outcome.state}`)
  await jobs.forget(principal, claim.job)
  return { status: 'indexed', document: await documents.get(principal, outcome.document) }
}
