/**
 * Writes and exact search of the store, on PGlite and, where DATABASE_URL_TEST names one, on PostgreSQL:
 *
 *   node bench/store.ts
 */
import { ANNA, documentOf, SPEC, vectorOf } from '../test/conformance/store-fixtures.ts'
import { pgliteDatabase, postgresDatabase, postgresUrl, type TestDatabase } from '../test/support/database.ts'
import { putEmbedded } from '../test/support/put-embedded.ts'

const DOCUMENTS = 100
const CHUNKS = 100
const DIMENSIONS = 384
const SEARCHES = 100

const spec = { ...SPEC, dimensions: DIMENSIONS }

console.log(
  `${DOCUMENTS} documents of ${CHUNKS} chunks, ${DIMENSIONS} dimensions; times in ms, median (95 %)`,
)
await using pglite = await pgliteDatabase()
await measure('PGlite', pglite)
if (postgresUrl !== undefined) {
  await using postgres = await postgresDatabase()
  await measure('PostgreSQL', postgres)
}

async function measure(name: string, { store }: TestDatabase): Promise<void> {
  const collection = await store.collections.create(ANNA, 'bench')
  const documents = Array.from({ length: DOCUMENTS }, (_, index) => sample(`${index}.md`))
  const puts = await times(documents, ({ document, chunks }) =>
    putEmbedded(store, ANNA, collection.name, spec, document, chunks),
  )
  const questions = Array.from({ length: SEARCHES }, (_, index) => vectorOf(`question ${index}`, DIMENSIONS))
  const searches = await times(questions, (vector) =>
    store.index.nearest(ANNA, { collections: [collection], model: spec.model, vector, limit: 40 }),
  )
  const pings = await times(questions, () => store.ping())
  console.log(`${name}: put ${puts}, nearest 40 of ${DOCUMENTS * CHUNKS} ${searches}, ping ${pings}`)
}

function sample(uri: string) {
  const sentence = 'A lease is a promise that ends by itself. '
  const paragraphs = Array.from({ length: CHUNKS }, (_, index) => `${uri} ${index}: ${sentence.repeat(12)}`)
  const { document, chunks } = documentOf(uri, paragraphs)
  return { document, chunks: chunks.map((chunk) => ({ ...chunk, vector: vectorOf(chunk.text, DIMENSIONS) })) }
}

async function times<T>(inputs: readonly T[], work: (input: T) => Promise<unknown>): Promise<string> {
  const all: number[] = []
  for (const input of inputs) {
    const start = performance.now()
    await work(input)
    all.push(performance.now() - start)
  }
  all.sort((left, right) => left - right)
  const at = (share: number) => (all[Math.floor(all.length * share)] ?? Number.NaN).toFixed(1)
  return `${at(0.5)} (${at(0.95)})`
}
