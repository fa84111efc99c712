/** Embeds the stored documents into a new index generation, then switches searches to it. */

import { checkSameModel } from '../../models/same-model.ts'
import type { Chunk } from '../domain/document.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Indexing } from '../ingest/split/index-spec.ts'
import type { RebuildDocument, RebuiltChunk } from '../ports/store/rebuild.ts'
import { embedInput } from '../text/embed-input.ts'
import { held, type JobSlice, type SliceContext } from './kind.ts'

/** Chunks between two checkpoints. */
const CHUNKS_PER_BATCH = 64
/** Batches queued at the embedder. */
const BATCHES_AT_ONCE = 2
const DOCUMENTS_PER_BATCH = 50

interface Part {
  readonly document: RebuildDocument
  readonly chunks: readonly Chunk[]
}

export const rebuildSlice: JobSlice = async (context) => {
  const { store, claim, signal, over, patiently } = context
  const target = held(await patiently(() => store.rebuild.target(claim)))
  const indexing = await indexingOf(context, target.spec)
  const underWay: { readonly parts: readonly Part[]; readonly vectors: ReturnType<typeof embed> }[] = []

  const keepOldest = async () => {
    const batch = underWay.shift()
    if (batch === undefined) return
    const vectors = await batch.vectors
    const rebuilt = batch.parts.map(({ document, chunks }) => ({
      document,
      chunks: chunks.map((chunk) => rebuiltOf(chunk, vectors)),
    }))
    const current = batch.parts.at(-1)?.document.uri ?? null
    held(await patiently(() => store.rebuild.write(claim, rebuilt, current)))
  }
  const keepAll = async () => {
    while (underWay.length > 0) await keepOldest()
  }

  try {
    if (!target.swapped) {
      for await (const parts of work(context, indexing)) {
        const vectors = embed(context, indexing, parts)
        // It is awaited later; until then a rejection must not count as unhandled.
        vectors.catch(() => undefined)
        underWay.push({ parts, vectors })
        if (underWay.length > BATCHES_AT_ONCE) await keepOldest()
        if (over() || signal.aborted) {
          await keepAll()
          return true
        }
      }
      await keepAll()
      await store.index.ensureApproximateIndex(target.generation, { signal })
      // Documents ingested since the listing remain to be done.
      if (!held(await patiently(async () => wrapped(await store.rebuild.swap(claim)))).swapped) return true
    }
    await patiently(() => store.index.dropRetired())
    return false
  } catch (thrown) {
    if (signal.aborted) return true
    throw thrown
  }
}

/** Here `false` is a result, not a lost claim. */
const wrapped = (swapped: boolean | undefined) => (swapped === undefined ? undefined : { swapped })

/** Throws errors from opening the model, and `index_mismatch` if the model or the splitter has changed. */
async function indexingOf({ specs, claim }: SliceContext, target: Indexing['spec']): Promise<Indexing> {
  const indexing = await specs.with(target.reference)
  checkSameModel(claim.collectionName, target, indexing.spec)
  if (indexing.spec.splitter === target.splitter) return indexing
  throw new ChatbotError(
    'index_mismatch',
    `It was started with splitter ${target.splitter}, but this daemon uses ${indexing.spec.splitter}. Cancel it ` +
      `(chatbot jobs cancel ${claim.job.slice(0, 8)}) and start again: chatbot index rebuild --collection ${claim.collectionName}`,
  )
}

/** The chunks missing in the new generation, in batches; each document from its last chunk to its first. */
async function* work(context: SliceContext, indexing: Indexing): AsyncGenerator<Part[]> {
  const { store, claim, patiently } = context
  let parts: Part[] = []
  let waiting = 0
  for (let after: string | undefined; ; ) {
    const from = after
    const found = held(await patiently(() => store.rebuild.next(claim, from, DOCUMENTS_PER_BATCH)))
    for (const document of found) {
      for await (const chunks of chunksOf(context, indexing, document)) {
        parts.push({ document, chunks })
        waiting += chunks.length
        if (waiting < CHUNKS_PER_BATCH) continue
        yield parts
        parts = []
        waiting = 0
      }
    }
    after = found.at(-1)?.uri
    if (after === undefined) break
  }
  if (parts.length > 0) yield parts
}

async function* chunksOf(
  { store, claim, signal, patiently, recut }: SliceContext,
  { spec }: Indexing,
  document: RebuildDocument,
): AsyncGenerator<readonly Chunk[]> {
  if (document.recut) {
    const stored = await patiently(() => store.rebuild.stored(claim, document))
    const made = await recut(stored, spec.reference, signal)
    const missing = made.slice(0, document.below ?? made.length).toReversed()
    // An empty batch marks the document as having no chunks.
    if (missing.length === 0) yield []
    for (let at = 0; at < missing.length; at += CHUNKS_PER_BATCH)
      yield missing.slice(at, at + CHUNKS_PER_BATCH)
    return
  }
  for (let below = document.below; below !== 0; ) {
    const under = below
    const batch = await patiently(() => store.rebuild.chunks(claim, document, under, CHUNKS_PER_BATCH))
    const last = batch.at(-1)
    if (last === undefined) return
    yield batch
    below = last.ordinal
  }
}

interface Vector {
  readonly vector: Float32Array
  readonly reused: boolean
}

/** Vectors by hash: those already stored, and new ones. */
async function embed(
  { store, claim, signal, patiently }: SliceContext,
  { embedder }: Indexing,
  parts: readonly Part[],
): Promise<Map<string, Vector>> {
  const texts = new Map(parts.flatMap(({ chunks }) => chunks).map(({ hash, embedText }) => [hash, embedText]))
  const vectors = new Map<string, Vector>()
  const known = await patiently(() => store.rebuild.known(claim, [...texts.keys()]))
  for (const [hash, vector] of known) {
    vectors.set(hash, { vector, reused: true })
    texts.delete(hash)
  }
  const made = await patiently(() =>
    embedder.embed([...texts.values()].map(embedInput), { as: 'passage', priority: 'ingest', signal }),
  )
  for (const [index, hash] of [...texts.keys()].entries()) {
    const vector = made[index]?.vector
    if (vector !== undefined) vectors.set(hash, { vector, reused: false })
  }
  return vectors
}

function rebuiltOf(chunk: Chunk, vectors: ReadonlyMap<string, Vector>): RebuiltChunk {
  const vector = vectors.get(chunk.hash)
  if (vector === undefined) throw new ChatbotError('internal', `Chunk ${chunk.ordinal} has no vector.`)
  return { ...chunk, ...vector }
}
