/** Embeds staged documents and makes them live. */
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { builtinModel } from '../../models/builtin.ts'
import { checkSameModel } from '../../models/same-model.ts'
import { ChatbotError } from '../domain/errors.ts'
import { languageName } from '../domain/language.ts'
import type { Indexing } from '../ingest/split/index-spec.ts'
import type { ChunkPosition, StagedChunk, StagedVector } from '../ports/store/staging.ts'
import { embedInput } from '../text/embed-input.ts'
import { held, type JobSlice, type SliceContext } from './kind.ts'

/** Chunks between two checkpoints: half a second of work, which is lost if the daemon is killed. */
const CHUNKS_PER_BATCH = 64
/** Batches queued at the embedder, so that its workers stay busy while a batch is stored. */
const BATCHES_AT_ONCE = 2
const REMEMBERED_VECTORS = 2000
/** Share of characters without a token above which a document is hard to find. */
const MUCH_UNKNOWN = 0.3

const START: ChunkPosition = { document: 0, ordinal: -1 }

interface Batch {
  readonly vectors: Promise<StagedVector[]>
  /** Documents that this batch completes. */
  readonly ends: readonly number[]
  readonly current: string | null
}

export const ingestSlice: JobSlice = async (context) => {
  const { store, claim, signal, over, patiently } = context
  const indexing = await indexingOf(context)
  const { spec } = indexing
  const embed = embedding(context, indexing)
  const underWay: Batch[] = []
  const warn = (unknown: number) => (unknown > MUCH_UNKNOWN ? unknownScript(unknown, indexing) : undefined)
  const publish = async (documents: readonly number[]) =>
    held(await patiently(() => store.staging.publish(claim, spec, documents, warn)))

  const keepOldest = async () => {
    const [batch] = underWay
    if (batch === undefined) return
    const vectors = await batch.vectors
    underWay.shift()
    if (vectors.length > 0)
      held(await patiently(() => store.staging.save(claim, spec, vectors, batch.current)))
    if (batch.ends.length > 0) await publish(batch.ends)
  }

  let after = START
  try {
    for (;;) {
      if (over() || signal.aborted) {
        while (underWay.length > 0) await keepOldest()
        return true
      }
      const from = after
      const next = held(await patiently(() => store.staging.next(claim, spec, from, CHUNKS_PER_BATCH)))
      if (next.last !== undefined) {
        after = next.last
        const vectors = embed(next.chunks)
        // It is awaited later; until then a rejection must not count as unhandled.
        vectors.catch(() => undefined)
        underWay.push({ vectors, ends: next.ends, current: next.chunks.at(-1)?.uri ?? null })
        if (underWay.length > BATCHES_AT_ONCE) await keepOldest()
      } else if (underWay.length > 0) {
        await keepOldest()
      } else {
        // Documents embedded in an earlier slice that ended before publishing, and documents staged meanwhile.
        const left = await patiently(() => store.staging.left(claim, CHUNKS_PER_BATCH))
        if (left.length === 0) return false
        await publish(left)
        after = START
      }
    }
  } catch (thrown) {
    if (signal.aborted) return true
    // The collection's index has changed: the next slice starts with the new model.
    if (thrown instanceof ChatbotError && thrown.code === 'index_mismatch') return true
    throw thrown
  }
}

/**
 * The collection's current indexing. A rebuild may have changed the model since the documents were staged; then they
 * are embedded with the new one.
 */
async function indexingOf({ specs, store, claim, patiently }: SliceContext): Promise<Indexing> {
  const staged = stagedSpec.parse(claim.input)
  const live = (await patiently(() => store.index.live([claim.collectionName]))).get(claim.collectionName)
  const { reference, model, splitter } = live ?? staged
  const indexing = await specs.with(reference)
  checkSameModel(claim.collectionName, { reference, model }, indexing.spec)
  if (staged.splitter === indexing.spec.splitter && splitter === staged.splitter) return indexing
  throw new ChatbotError(
    'index_mismatch',
    `It was split by ${staged.splitter}, the collection "${claim.collectionName}" by ${splitter}, and ` +
      `this daemon uses ${indexing.spec.splitter}. Rebuild the collection (chatbot index rebuild --collection ` +
      `${claim.collectionName}), then ingest again.`,
  )
}

const stagedSpec = z.object({
  reference: z.string().default('builtin'),
  model: z.string(),
  splitter: z.string(),
})

/** Embeds chunks, identical ones only once. */
function embedding({ signal, patiently }: SliceContext, { embedder, spec }: Indexing) {
  const known = new LRUCache<string, Omit<StagedVector, keyof ChunkPosition>>({ max: REMEMBERED_VECTORS })
  return async (chunks: readonly StagedChunk[]): Promise<StagedVector[]> => {
    const found = new Map(chunks.map(({ hash }) => [hash, known.get(hash)]))
    const texts = new Map(
      chunks.filter(({ hash }) => !found.get(hash)).map(({ hash, embedText }) => [hash, embedText]),
    )
    const made = await patiently(() =>
      embedder.embed([...texts.values()].map(embedInput), { as: 'passage', priority: 'ingest', signal }),
    )
    const fresh = new Map(
      [...texts.keys()].map((hash, index) => {
        const embedding = made[index]
        if (embedding === undefined)
          throw new ChatbotError('internal', 'The embedder returned fewer vectors than texts.')
        if (embedding.vector.length !== spec.dimensions)
          throw new ChatbotError(
            'internal',
            `A vector has ${embedding.vector.length} dimensions; ${spec.model} has ${spec.dimensions}.`,
          )
        return [hash, { embedding: embedding.vector, unknown: embedding.unknown }]
      }),
    )
    const vectors = chunks.map(({ document, ordinal, hash }) => {
      const vector = fresh.get(hash) ?? found.get(hash)
      if (vector === undefined) throw new ChatbotError('internal', `Chunk ${ordinal} has no vector.`)
      return { document, ordinal, ...vector }
    })
    for (const [hash, vector] of fresh) known.set(hash, vector)
    return vectors
  }
}

const unknownScript = (share: number, { embedder }: Indexing): string => {
  const known = new Intl.ListFormat('en').format(builtinModel().languages.map(languageName))
  return `${Math.round(share * 100)} % of the text is in a script that the embedding model ${embedder.model.name} does not know, so questions will rarely find it. The built-in model knows only ${known}.`
}
