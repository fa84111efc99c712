/** Verifies an index against the stored documents, in short statements, document by document. */
import { createHash } from 'node:crypto'
import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm'
import {
  chunks,
  chunkTerms,
  collections,
  documentParts,
  documents,
  generations,
  vectors,
} from '../../../drizzle/schema.ts'
import type { Span } from '../../domain/document.ts'
import { unpackBlocks } from '../../domain/packed-blocks.ts'
import type { Principal } from '../../domain/principal.ts'
import { packedBlocksSchema } from '../../ports/store/packed-blocks.ts'
import type { Verification, VerifyProblem } from '../../ports/store/verify.ts'
import { passageTerms } from '../../text/bm25.ts'
import { LEXEMES_VERSION } from '../../text/lexemes.ts'
import { batches } from '../database/batches.ts'
import type { Database, Queries } from '../database/database.ts'
import { findCollection, lockCollection, raiseRevision } from '../documents/collections.ts'
import { insertTerms } from '../search/chunk-terms.ts'
import { nearestVectors } from '../search/nearest.ts'
import { hasApproximateIndex, withApproximateSearch } from './approximate-index.ts'
import { partitionName, termsPartitionName } from './partitions.ts'
import { dropRetired } from './retired.ts'

/** Batch sizes, which keep statements short. */
const DOCUMENTS_PER_STATEMENT = 100
const CHUNKS_PER_STATEMENT = 200
/** Recall: vectors whose neighbours are searched exactly and approximately, and the share that must agree. */
const SAMPLED_VECTORS = 30
const NEIGHBOURS_PER_VECTOR = 10
const MIN_RECALL = 0.95
const MAX_EXAMPLES = 5

/** See IndexRepository.verify. Starts over if a rebuild completed meanwhile, which drops what was checked. */
export async function verifyCollection(
  database: Database,
  principal: Principal,
  name: string,
  fix: boolean,
): Promise<Verification> {
  for (;;) {
    const before = await liveGeneration(database, name)
    const [outcome] = await Promise.allSettled([verifyOnce(database, principal, name, fix)])
    if (before !== (await liveGeneration(database, name))) continue
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  }
}

async function liveGeneration(database: Database, name: string): Promise<number | null | undefined> {
  const [row] = await database.run((queries) =>
    queries.select({ id: collections.activeGeneration }).from(collections).where(eq(collections.name, name)),
  )
  return row?.id
}

async function verifyOnce(
  database: Database,
  principal: Principal,
  name: string,
  fix: boolean,
): Promise<Verification> {
  const owner = await database.run((queries) =>
    findCollection(queries, principal, name, fix ? 'admin' : 'reader'),
  )
  if (fix) await dropRetired(database)
  const live = await database.run(async (queries) => {
    const [row] = await queries
      .select({ generation: generations, approximate: hasApproximateIndex() })
      .from(collections)
      .innerJoin(generations, eq(generations.id, collections.activeGeneration))
      .where(eq(collections.id, owner.id))
    return row
  })
  const found = problems()
  const counts = { documents: 0, chunks: 0 }
  if (live === undefined) return { collection: name, generation: null, ...counts, recall: null, problems: [] }
  const { id, dimensions, lexemes } = live.generation
  const target = { id, collection: owner.id, name, dimensions, terms: lexemes === LEXEMES_VERSION }
  if (!(await hasPartitions(database, id))) {
    found.add('no_partition', partitionName(id), fix)
    return { collection: name, generation: id, ...counts, recall: null, problems: found.list() }
  }
  const damaged: string[] = []
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const batch = await database.run((queries) =>
      queries
        .select({
          id: documents.id,
          uri: documents.uri,
          title: documents.title,
          length: documents.length,
          chunks: documents.chunks,
        })
        .from(documents)
        .where(and(eq(documents.collection, owner.id), gt(documents.id, after)))
        .orderBy(asc(documents.id))
        .limit(DOCUMENTS_PER_STATEMENT),
    )
    for (const document of batch) {
      const checked = await checkDocument(database, target, document, found, fix)
      counts.documents += 1
      counts.chunks += checked.chunks
      if (checked.damaged) damaged.push(document.id)
    }
    const last = batch.at(-1)
    if (last === undefined || batch.length < DOCUMENTS_PER_STATEMENT) break
    after = last.id
  }
  await checkOrphans(database, target, found, fix)
  const recall = live.approximate ? await recallOf(database, target) : null
  if (recall !== null && recall < MIN_RECALL) {
    if (fix) await dropIndex(database, id)
    found.add('low_recall', `${partitionName(id)}: ${recall.toFixed(3)}`, fix)
  }
  if (fix) await forgetChunks(database, target, damaged)
  return { collection: name, generation: id, ...counts, recall, problems: found.list() }
}

interface Target {
  readonly id: number
  readonly collection: string
  readonly name: string
  readonly dimensions: number
  /** Whether its lexemes have the current version, so that they can be compared. */
  readonly terms: boolean
}

function problems() {
  const byKind = new Map<VerifyProblem['kind'], { count: number; fixed: boolean; examples: string[] }>()
  return {
    add(kind: VerifyProblem['kind'], example: string, fixed: boolean): void {
      const known = byKind.get(kind) ?? { count: 0, fixed, examples: [] }
      known.count += 1
      known.fixed &&= fixed
      if (known.examples.length < MAX_EXAMPLES) known.examples.push(example)
      byKind.set(kind, known)
    },
    list: (): VerifyProblem[] => [...byKind].map(([kind, rest]) => ({ kind, ...rest })),
  }
}

async function hasPartitions(database: Database, id: number): Promise<boolean> {
  const { rows } = await database.run((queries) =>
    queries.execute(
      sql`SELECT to_regclass(${partitionName(id)}) IS NOT NULL AND to_regclass(${termsPartitionName(id)}) IS NOT NULL AS whole`,
    ),
  )
  return rows[0]?.whole === true
}

interface StoredSummary {
  readonly id: string
  readonly uri: string
  readonly title: string
  readonly length: number
  readonly chunks: number
}

/** `damaged`: some chunks are wrong and must be rebuilt. Wrong terms are rewritten here instead. */
async function checkDocument(
  database: Database,
  target: Target,
  document: StoredSummary,
  found: ReturnType<typeof problems>,
  fix: boolean,
): Promise<{ chunks: number; damaged: boolean }> {
  const { text, rows } = await readDocument(database, target, document.id)
  // Replaced or deleted during the check.
  if (!(await isStill(database, document))) return { chunks: rows.length, damaged: false }
  let damaged = false
  const report = (kind: VerifyProblem['kind'], where: string) => {
    damaged = true
    found.add(kind, where, fix)
  }
  if (text.length !== document.length) report('text_length', document.uri)
  if (rows.length !== document.chunks || rows.some(({ ordinal }, index) => ordinal !== index))
    report('chunk_count', document.uri)
  const wrongTerms: { chunk: number; terms: ReturnType<typeof passageTerms> }[] = []
  for (const row of rows) {
    const where = `${document.uri} ${row.start}:${row.end}`
    if (text.slice(row.start, row.end) !== row.text) report('chunk_span', where)
    if (row.blocks !== null && !blocksFit(row, row.blocks, text)) report('chunk_blocks', where)
    if (row.context !== null && sha256(row.context + row.text) !== row.hash) report('chunk_hash', where)
    if (row.vector === null || row.vector !== target.dimensions || row.norm === null || !(row.norm > 0))
      report('vector', where)
    if (!target.terms) continue
    const terms = passageTerms({
      uri: document.uri,
      title: document.title,
      heading: row.heading,
      text: row.text,
    })
    if (
      sameTerms(
        row.terms,
        terms.map((term) => term.id),
      )
    )
      continue
    wrongTerms.push({ chunk: row.id, terms })
    found.add('terms', where, fix)
  }
  if (fix && wrongTerms.length > 0) await rewriteTerms(database, target, wrongTerms)
  return { chunks: rows.length, damaged }
}

/** Whether the blocks overlap the chunk and lie within the document, and the stored gap follows the chunk in the text. */
function blocksFit({ start, end }: Span, packed: unknown, text: string): boolean {
  const read = packedBlocksSchema.safeParse(packed)
  if (!read.success) return false
  const isIn = (span: Span) => span.start < span.end && span.end <= text.length
  return (
    text.startsWith(read.data.gap ?? '', end) &&
    unpackBlocks(read.data).every(
      (block) =>
        block.start < end && block.end > start && [block, block.group ?? block, ...block.leads].every(isIn),
    )
  )
}

async function readDocument(database: Database, { id: generation }: Target, document: string) {
  const parts = await database.run((queries) =>
    queries
      .select({ text: documentParts.text })
      .from(documentParts)
      .where(eq(documentParts.document, document))
      .orderBy(asc(documentParts.part)),
  )
  const rows: Awaited<ReturnType<typeof readChunks>> = []
  for (let after = -1; ; ) {
    const batch = await readChunks(database, generation, document, after)
    rows.push(...batch)
    const last = batch.at(-1)
    if (last === undefined || batch.length < CHUNKS_PER_STATEMENT) break
    after = last.ordinal
  }
  return { text: parts.map(({ text }) => text).join(''), rows }
}

function readChunks(database: Database, generation: number, document: string, after: number) {
  const { id, ordinal, start, end, text, context, heading, hash, blocks } = chunks
  return database.run((queries) =>
    queries
      .select({
        ...{ id, ordinal, start, end, text, context, heading, hash, blocks },
        vector: sql<number | null>`vector_dims(${vectors.embedding})`,
        norm: sql<number | null>`nullif(vector_norm(${vectors.embedding}), 'NaN')`,
        terms: sql<number[] | null>`${chunkTerms.terms}`,
      })
      .from(chunks)
      .leftJoin(vectors, and(eq(vectors.generation, generation), eq(vectors.chunk, chunks.id)))
      .leftJoin(chunkTerms, and(eq(chunkTerms.generation, generation), eq(chunkTerms.chunk, chunks.id)))
      .where(and(eq(chunks.document, document), eq(chunks.generation, generation), gt(chunks.ordinal, after)))
      .orderBy(asc(chunks.ordinal))
      .limit(CHUNKS_PER_STATEMENT),
  )
}

/** Whether the document is still the one that was listed. */
async function isStill(
  database: Database,
  { id, uri, length, chunks: count }: StoredSummary,
): Promise<boolean> {
  const rows = await database.run((queries) =>
    queries
      .select({ id: documents.id })
      .from(documents)
      .where(
        and(
          eq(documents.id, id),
          eq(documents.uri, uri),
          eq(documents.length, length),
          eq(documents.chunks, count),
        ),
      ),
  )
  return rows.length > 0
}

function sameTerms(stored: readonly number[] | null, made: readonly number[]): boolean {
  if (stored === null || stored.length !== made.length) return false
  const known = new Set(stored)
  return made.every((id) => known.has(id))
}

async function rewriteTerms(
  database: Database,
  { id: generation }: Target,
  rows: readonly { chunk: number; terms: ReturnType<typeof passageTerms> }[],
): Promise<void> {
  await database.transaction(async (queries) => {
    const ids = sql`${sql.param(rows.map(({ chunk }) => chunk))}::bigint[]`
    const held = await queries
      .select({ id: chunks.id })
      .from(chunks)
      .where(and(eq(chunks.generation, generation), sql`${chunks.id} = ANY(${ids})`))
      .for('update')
    await queries
      .delete(chunkTerms)
      .where(and(eq(chunkTerms.generation, generation), sql`${chunkTerms.chunk} = ANY(${ids})`))
    const there = new Set(held.map((row) => row.id))
    await insertTerms(
      queries,
      rows.filter(({ chunk }) => there.has(chunk)).map((row) => ({ ...row, generation })),
    )
    await queries.update(generations).set({ countedRevision: null }).where(eq(generations.id, generation))
  })
}

/** Finds rows without a chunk. Foreign keys prevent them, except after repairs by hand or a copy made during writes. */
async function checkOrphans(
  database: Database,
  { id }: Target,
  found: ReturnType<typeof problems>,
  fix: boolean,
): Promise<void> {
  for (const table of [partitionName(id), termsPartitionName(id)]) {
    const orphan = sql`NOT EXISTS (SELECT FROM chunks k WHERE k.generation_id = ${id} AND k.id = o.chunk_id)`
    const rows = await database.run(async (queries) =>
      fix
        ? (
            await queries.execute(
              sql`DELETE FROM ${sql.identifier(table)} o WHERE ${orphan} RETURNING o.chunk_id`,
            )
          ).rows
        : (await queries.execute(sql`SELECT o.chunk_id FROM ${sql.identifier(table)} o WHERE ${orphan}`))
            .rows,
    )
    for (const row of rows) found.add('orphan', `${table} ${row.chunk_id}`, fix)
  }
}

/** Share of the exact nearest neighbours of sampled vectors that the approximate index finds. */
async function recallOf(database: Database, { id, dimensions }: Target): Promise<number> {
  const sample = await database.run((queries) =>
    queries
      .select({ vector: vectors.embedding })
      .from(vectors)
      .where(eq(vectors.generation, id))
      .orderBy(sql`hashint8(${vectors.chunk})`)
      .limit(SAMPLED_VECTORS),
  )
  const ids = ({ rows }: { rows: Record<string, unknown>[] }) => rows.map(({ chunk }) => Number(chunk))
  let agreed = 0
  let all = 0
  for (const { vector } of sample) {
    const search = (approximate: boolean) => (queries: Queries) =>
      queries.execute(
        nearestVectors([{ generation: id, dimensions, approximate }], {
          vector,
          limit: NEIGHBOURS_PER_VECTOR,
        }),
      )
    const exact = ids(await database.run(search(false)))
    const near = new Set(
      ids(await database.transaction((queries) => withApproximateSearch(queries, search(true)))),
    )
    agreed += exact.filter((chunk) => near.has(chunk)).length
    all += exact.length
  }
  return all === 0 ? 1 : agreed / all
}

/** The daemon rebuilds it. */
const dropIndex = (database: Database, id: number) =>
  database.run((queries) =>
    queries.execute(sql`DROP INDEX IF EXISTS ${sql.identifier(`${partitionName(id)}_hnsw`)}`),
  )

/** Deletes the chunks of damaged documents: they are no longer found, and the next rebuild recreates them from the text. */
async function forgetChunks(
  database: Database,
  { id, name, collection }: Target,
  damaged: readonly string[],
): Promise<void> {
  for (const batch of batches(damaged)) {
    await database.transaction(async (queries) => {
      await lockCollection(queries, name)
      await queries.delete(chunks).where(and(eq(chunks.generation, id), inArray(chunks.document, batch)))
      await raiseRevision(queries, collection)
    })
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
