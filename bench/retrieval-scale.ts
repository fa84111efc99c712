/**
 * Hybrid search in a large index: XQuAD in both languages among unrelated chunks, through the store. Latency of an
 * exact vector scan, of the vector half and of hybrid search in the same run, overlap with exact fusion, and what
 * the company costs in recall; the vector half also with a filter that keeps 1 %.
 *
 *     node bench/retrieval-scale.ts [--chunks 100000] [--database URL] [--keep]
 *
 * Without --database on PGlite. Needs `node bench/corpus.ts CHUNKS`.
 */

import { parseArgs } from 'node:util'
import { builtinModel } from '../models/builtin.ts'
import { startEmbedder } from '../models/embedder.ts'
import type { SearchFilter } from '../src/domain/answer.ts'
import { LANGUAGES } from '../src/domain/language.ts'
import { LOCAL_PRINCIPAL } from '../src/domain/principal.ts'
import { SPLITTER_VERSION } from '../src/ingest/split/splitter.ts'
import type { Store } from '../src/ports/store/store.ts'
import { type RetrievalOptions, retrievalSchema, withOptions } from '../src/protocol/retrieval.ts'
import { retrieve } from '../src/retrieval/retrieve.ts'
import { openStore } from '../src/store/open.ts'
import { pgliteDatabase } from '../test/support/database.ts'
import { putEmbedded } from '../test/support/put-embedded.ts'
import { type CorpusChunk, corpusChunks } from './corpus.ts'
import { embedderModel, putXquad, recall, run } from './xquad-search.ts'
import { embeddedXquad } from './xquad-vectors.ts'

const { values: flags } = parseArgs({
  options: {
    chunks: { type: 'string', default: '100000' },
    database: { type: 'string' },
    questions: { type: 'string', default: '150' },
  },
})
const COLLECTION = 'scale'

async function putCorpus(store: Store, limit: number): Promise<void> {
  const { fingerprint: model, dimensions } = embedderModel()
  let held: (CorpusChunk & { vector: Float32Array })[] = []
  const flush = async () => {
    const [first] = held
    if (first === undefined) return
    const { uri, title, language } = first
    await putEmbedded(
      store,
      LOCAL_PRINCIPAL,
      COLLECTION,
      { reference: 'builtin', model, dimensions, splitter: SPLITTER_VERSION },
      {
        uri: `corpus/${uri}`,
        title,
        mediaType: 'text/html',
        language,
        text: '',
        bytes: 0,
        hash: first.hash,
        warnings: [],
        // One in a hundred documents has each.
        metadata: { part: String(Number.parseInt(first.hash.slice(0, 8), 16) % 100) },
        modifiedAt: null,
        source: null,
      },
      held,
    )
    held = []
  }
  for await (const chunk of corpusChunks(limit)) {
    if (held[0] !== undefined && held[0].uri !== chunk.uri) await flush()
    held.push(chunk)
  }
  await flush()
}

const quantile = (values: readonly number[], share: number): string =>
  (values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN).toFixed(1)

async function main(store: Store, embedded: boolean): Promise<void> {
  const embedder = await startEmbedder({ model: builtinModel() })
  const sets = { en: await embeddedXquad('en'), ru: await embeddedXquad('ru') }
  const questions = LANGUAGES.flatMap((language) =>
    sets[language].questions
      .filter((_, i) => i % Math.floor(1190 / (Number(flags.questions) / 2)) === 0)
      .map((question) => ({ ...question, language })),
  )
  const started = performance.now()
  for (const language of LANGUAGES) await putXquad(store, COLLECTION, sets[language], `${language}/`)
  await putCorpus(store, Number(flags.chunks))
  console.error(`put in ${((performance.now() - started) / 1000).toFixed(0)} s`)
  await store.maintain()
  const counting = performance.now()
  await store.index.countTerms()
  console.error(`terms counted in ${((performance.now() - counting) / 1000).toFixed(1)} s`)
  const collections = await store.collections.readable(LOCAL_PRINCIPAL, [COLLECTION])
  const search = async (options: RetrievalOptions, filter?: SearchFilter) => {
    const found: string[][] = []
    const times: number[] = []
    for (const { text: question, vector, language } of questions) {
      const begun = performance.now()
      const { passages } = await retrieve({ store, embedder }, LOCAL_PRINCIPAL, {
        question,
        language,
        collections,
        vector,
        settings: withOptions(retrievalSchema.parse({}), { sentences: false, ...options }),
        limit: 10,
        filter,
        signal: new AbortController().signal,
      })
      times.push(performance.now() - begun)
      found.push(passages.map(({ chunk }) => chunk))
    }
    return { found, times }
  }
  const row = (name: string, times: readonly number[], overlap: string) =>
    console.log(`| ${name} | ${quantile(times, 0.5)} / ${quantile(times, 0.95)} | ${overlap} |`)
  const overlapOf = (one: readonly string[][], other: readonly string[][]) => {
    const shares = one.map(
      (list, i) =>
        list.filter((chunk) => other[i]?.includes(chunk)).length / Math.max(1, other[i]?.length ?? 0),
    )
    return (shares.reduce((sum, share) => sum + share, 0) / shares.length).toFixed(4)
  }
  console.log(
    `| ${flags.chunks} chunks | p50 / p95, ms | recall@10 against the exact search |\n|---|---|---|`,
  )
  await search({ mode: 'vector' })
  const exactVector = await search({ mode: 'vector' })
  row('vectors, exact scan', exactVector.times, '1')
  const part = { metadata: { part: '7' } }
  await search({ mode: 'vector' }, part)
  const exactPart = await search({ mode: 'vector' }, part)
  row('vectors, exact scan, a filter that keeps 1 %', exactPart.times, '1')
  await search({})
  const exactHybrid = await search({})
  row('hybrid on the exact scan', exactHybrid.times, '1')
  if (!embedded) {
    const [generation] = await store.index.list(LOCAL_PRINCIPAL)
    const building = performance.now()
    const built = generation === undefined ? '' : await store.index.ensureApproximateIndex(generation.id)
    console.error(`approximate index ${built} in ${((performance.now() - building) / 1000).toFixed(0)} s`)
    await search({ mode: 'vector' })
    const vector = await search({ mode: 'vector' })
    row('vectors, HNSW', vector.times, overlapOf(vector.found, exactVector.found))
    await search({ mode: 'vector' }, part)
    const filtered = await search({ mode: 'vector' }, part)
    row('vectors, HNSW, a filter that keeps 1 %', filtered.times, overlapOf(filtered.found, exactPart.found))
    const hybrid = await search({})
    row('hybrid', hybrid.times, overlapOf(hybrid.found, exactHybrid.found))
  }
  for (const language of LANGUAGES) {
    const outcomes = await run(
      store,
      embedder,
      language,
      [COLLECTION],
      sets[language],
      { rerank: false },
      4,
      `${language}/`,
    )
    console.log(
      `${language}: recall@1 ${recall(outcomes, 1).toFixed(4)}, recall@5 ${recall(outcomes, 5).toFixed(4)}`,
    )
  }
  await embedder.close()
}

if (flags.database === undefined) {
  await using database = await pgliteDatabase()
  await main(database.store, true)
} else {
  const store = await openStore({ connection: { connectionString: flags.database }, embedded: false })
  await main(store, false)
  await store.close()
}
