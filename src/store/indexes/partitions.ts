import { eq, sql } from 'drizzle-orm'
import { collections, generations } from '../../../drizzle/schema.ts'
import type { Collection, IndexSpec } from '../../domain/document.ts'
import { ChatbotError } from '../../domain/errors.ts'
import { LEXEMES_VERSION } from '../../text/lexemes.ts'
import type { Queries } from '../database/database.ts'

/** The table that holds a generation's vectors. */
export const partitionName = (generation: number): string => `vectors_g${generation}`

/** The table that holds a generation's BM25 weights. */
export const termsPartitionName = (generation: number): string => `chunk_terms_g${generation}`

/**
 * The active generation of a locked collection, created if it has none. Throws `index_mismatch` if it has another
 * spec: vectors are never mixed.
 */
export async function ensureGeneration(
  queries: Queries,
  collection: Collection,
  spec: IndexSpec,
): Promise<number> {
  return (
    (await activeGeneration(queries, collection, spec)) ??
    createGeneration(queries, collection.id, spec, 'active')
  )
}

/** Undefined if there is none yet; throws `index_mismatch` like `ensureGeneration`. */
export const activeGeneration = (
  queries: Queries,
  collection: Pick<Collection, 'id' | 'name'>,
  spec: IndexSpec,
): Promise<number | undefined> => fittingGeneration(queries, collection, spec, sameSpec)

/** Like `activeGeneration`, but for any model: chunks are the same for all. */
export const generationCutBy = (
  queries: Queries,
  collection: Pick<Collection, 'id' | 'name'>,
  spec: IndexSpec,
): Promise<number | undefined> =>
  fittingGeneration(queries, collection, spec, (left, right) => left.splitter === right.splitter)

async function fittingGeneration(
  queries: Queries,
  collection: Pick<Collection, 'id' | 'name'>,
  spec: IndexSpec,
  fits: (left: IndexSpec, right: IndexSpec) => boolean,
): Promise<number | undefined> {
  const [row] = await queries
    .select({ active: generations })
    .from(generations)
    .innerJoin(collections, eq(collections.activeGeneration, generations.id))
    .where(eq(collections.id, collection.id))
  if (row === undefined || fits(row.active, spec)) return row?.active.id
  throw new ChatbotError(
    'index_mismatch',
    `The collection "${collection.name}" is indexed with ${row.active.model} and splitter ${row.active.splitter}, ` +
      `not with ${spec.model} and ${spec.splitter}. ${howToRebuild(collection.name)}`,
  )
}

/** The spec of a generation's row. */
export const specOf = ({ reference, model, dimensions, splitter }: IndexSpec): IndexSpec => ({
  reference,
  model,
  dimensions,
  splitter,
})

/** Advice for `index_mismatch`. */
const howToRebuild = (collection: string): string =>
  `Rebuild its index from the stored text: chatbot index rebuild --collection ${collection}`

export function sameSpec(left: IndexSpec, right: IndexSpec): boolean {
  return (
    left.model === right.model && left.dimensions === right.dimensions && left.splitter === right.splitter
  )
}

/** Keeps their rows in `generations` and `chunks`. */
export async function dropPartitions(queries: Queries, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return
  await lockTables(queries, 'ACCESS EXCLUSIVE')
  for (const id of ids) {
    await queries.execute(sql`
      DROP TABLE IF EXISTS
        ${sql.identifier(partitionName(id))}, ${sql.identifier(termsPartitionName(id))}`)
  }
}

export async function generationsOf(queries: Queries, collection: string): Promise<number[]> {
  const rows = await queries
    .select({ id: generations.id })
    .from(generations)
    .where(eq(generations.collection, collection))
  return rows.map(({ id }) => id)
}

/** For a locked collection; an active generation becomes the one that is searched. */
export async function createGeneration(
  queries: Queries,
  collection: string,
  spec: IndexSpec,
  state: 'active' | 'building',
): Promise<number> {
  const [created] = await queries
    .insert(generations)
    .values({ collection, ...specOf(spec), state, lexemes: LEXEMES_VERSION })
    .returning({ id: generations.id })
  if (created === undefined) throw new ChatbotError('internal', 'The new generation has no id.')
  if (state === 'active') {
    await queries
      .update(collections)
      .set({ activeGeneration: created.id })
      .where(eq(collections.id, collection))
  }
  await createPartitions(queries, created.id, spec.dimensions)
  return created.id
}

/** Attached, not created as partitions: that would block readers of other partitions. */
async function createPartitions(queries: Queries, generation: number, dimensions: number): Promise<void> {
  const value = sql.raw(String(generation))
  const ofGeneration = sql`CONSTRAINT generation CHECK (generation_id = ${value})`
  const partition = sql.identifier(partitionName(generation))
  const termsPartition = sql.identifier(termsPartitionName(generation))
  await lockTables(queries, 'SHARE ROW EXCLUSIVE')
  await queries.execute(sql`
    CREATE TABLE ${partition} (
      LIKE vectors INCLUDING ALL, ${ofGeneration},
      CONSTRAINT dimensions CHECK (vector_dims(embedding) = ${sql.raw(String(dimensions))})
    )`)
  await queries.execute(sql`ALTER TABLE vectors ATTACH PARTITION ${partition} FOR VALUES IN (${value})`)
  await queries.execute(sql`CREATE TABLE ${termsPartition} (LIKE chunk_terms INCLUDING ALL, ${ofGeneration})`)
  await queries.execute(
    sql`ALTER TABLE chunk_terms ATTACH PARTITION ${termsPartition} FOR VALUES IN (${value})`,
  )
}

/** A partition's foreign key locks both tables; all transactions take them in this order. */
async function lockTables(queries: Queries, mode: 'SHARE ROW EXCLUSIVE' | 'ACCESS EXCLUSIVE'): Promise<void> {
  await queries.execute(sql`LOCK TABLE chunks IN ${sql.raw(mode)} MODE`)
  if (mode === 'ACCESS EXCLUSIVE') {
    await queries.execute(sql`LOCK TABLE vectors, chunk_terms IN ACCESS EXCLUSIVE MODE`)
  }
}
