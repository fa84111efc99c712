/** XQuAD in a store, and its questions put to the product's own search. */
import { createHash } from 'node:crypto'
import { builtinModel } from '../models/builtin.ts'
import { embeddingModel } from '../models/description.ts'
import type { Language } from '../src/domain/language.ts'
import { LOCAL_PRINCIPAL } from '../src/domain/principal.ts'
import { SPLITTER_VERSION } from '../src/ingest/split/splitter.ts'
import type { Embedder } from '../src/ports/embedder.ts'
import type { Store } from '../src/ports/store/store.ts'
import { type RetrievalOptions, retrievalSchema, withOptions } from '../src/protocol/retrieval.ts'
import { retrieve } from '../src/retrieval/retrieve.ts'
import { putEmbedded } from '../test/support/put-embedded.ts'
import { isCalibration } from './xquad.ts'
import type { EmbeddedXquad } from './xquad-vectors.ts'

const RANKS = 10

export interface Outcome {
  /** From 1; infinite beyond the tenth. */
  readonly rank: number
  readonly calibration: boolean
  readonly ms: number
}

export async function putXquad(
  store: Store,
  name: string,
  { documents }: EmbeddedXquad,
  under = '',
): Promise<void> {
  const { fingerprint: model, dimensions } = embedderModel()
  await store.collections.ensure(LOCAL_PRINCIPAL, name)
  for (const { uri, bytes, title, mediaType, language, text, chunks } of documents) {
    await putEmbedded(
      store,
      LOCAL_PRINCIPAL,
      name,
      { reference: 'builtin', model, dimensions, splitter: SPLITTER_VERSION },
      {
        uri: under + uri,
        title,
        mediaType,
        language,
        text,
        bytes: bytes.length,
        hash: createHash('sha256').update(bytes).digest('hex'),
        warnings: [],
        metadata: {},
        modifiedAt: null,
        source: null,
      },
      chunks,
    )
  }
}

export const embedderModel = () => embeddingModel(builtinModel())

export async function run(
  store: Store,
  embedder: Embedder,
  language: Language,
  collections: readonly string[],
  xquad: EmbeddedXquad,
  options: RetrievalOptions,
  every: number,
  under = '',
): Promise<Outcome[]> {
  const readable = await store.collections.readable(LOCAL_PRINCIPAL, collections)
  const settings = withOptions(retrievalSchema.parse({}), options)
  const outcomes: Outcome[] = []
  for (const { text: question, vector, document } of xquad.questions.filter((_, i) => i % every === 0)) {
    const started = performance.now()
    const { passages } = await retrieve({ store, embedder }, LOCAL_PRINCIPAL, {
      question,
      language,
      collections: readable,
      vector,
      settings,
      limit: 2 * RANKS,
      signal: new AbortController().signal,
    })
    const ms = performance.now() - started
    const found = [...new Set(passages.map(({ uri }) => uri))]
    const at = found.indexOf(under + document)
    outcomes.push({
      rank: at < 0 || at >= RANKS ? Number.POSITIVE_INFINITY : at + 1,
      calibration: isCalibration(document),
      ms,
    })
  }
  return outcomes
}

export const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length

export const recall = (outcomes: readonly Outcome[], k: number) =>
  mean(outcomes.map(({ rank }) => (rank <= k ? 1 : 0)))
