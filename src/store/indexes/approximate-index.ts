/**
 * HNSW index over a generation's vectors as halfvec. PostgreSQL only: PGlite would be blocked for minutes by a
 * build. bench/retrieval-scale.ts measures its recall and speed with these settings.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { eq, type SQL, sql } from 'drizzle-orm'
import { collections, documents, generations } from '../../../drizzle/schema.ts'
import type { ApproximateIndex } from '../../ports/store/generations.ts'
import type { Database, Queries } from '../database/database.ts'
import { partitionName } from './partitions.ts'

/** Number of vectors above which the index is enough faster than a scan to be worth its space. */
const MIN_VECTORS = 20_000
const HNSW_M = 16
const HNSW_EF_CONSTRUCTION = 200
const HNSW_EF_SEARCH = 400

const indexName = (generation: number): string => `${partitionName(generation)}_hnsw`

/** Whether the row's generation has a complete index. */
export const hasApproximateIndex = (): SQL<boolean> => sql<boolean>`EXISTS (
  SELECT FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
  WHERE relname = 'vectors_g' || ${generations.id} || '_hnsw' AND indisvalid
    AND relnamespace = current_schema()::regnamespace)`

/**
 * Runs a search in a transaction with the index's settings; with a filter, the index scan continues until it has
 * enough.
 */
export async function withApproximateSearch<T>(
  queries: Queries,
  search: (queries: Queries) => Promise<T>,
): Promise<T> {
  await queries.execute(sql`
    SELECT set_config('hnsw.ef_search', ${String(HNSW_EF_SEARCH)}, true),
      set_config('hnsw.iterative_scan', 'relaxed_order', true)`)
  return search(queries)
}

const LOCK_POLL_MS = 200
const CANCEL_ATTEMPTS = 50
/** Advisory lock number unlikely to be used by another program: `chathnsw` in ASCII. */
const BUILD_LOCK = 0x63_68_61_74_68_6e_73_77n

/**
 * Builds missing indexes that are worthwhile, unless another daemon is building. Collections changed in the last
 * minute wait, because a bulk load is faster without an index. An abort ends it at once.
 */
export async function buildApproximateIndexes(database: Database, signal: AbortSignal): Promise<void> {
  if (database.embedded) return
  signal.throwIfAborted()
  const wanted = await database.run(settledAndWanted)
  if (wanted.length === 0) return
  await database.aside(signal, async (queries) => {
    if (!(await takeBuildLock(queries))) return
    for (const generation of wanted) {
      if (signal.aborted) return
      await ensureIndex(queries, generation, MIN_VECTORS)
    }
  })
}

/** Held by the session: one daemon builds at a time, because builds wait for each other's snapshots. */
async function takeBuildLock(queries: Queries): Promise<boolean> {
  const { rows } = await queries.execute(sql`SELECT pg_try_advisory_lock(${BUILD_LOCK}) AS taken`)
  return rows[0]?.taken === true
}

async function settledAndWanted(queries: Queries): Promise<number[]> {
  const missing = await queries
    .select({ id: generations.id })
    .from(generations)
    .innerJoin(collections, eq(collections.activeGeneration, generations.id))
    .where(
      sql`NOT ${hasApproximateIndex()} AND NOT EXISTS (
        SELECT FROM ${documents}
        WHERE ${documents.collection} = ${collections.id}
          AND ${documents.ingestedAt} > now() - interval '1 minute')`,
    )
  const wanted: number[] = []
  for (const { id } of missing) if (await isWorthwhile(queries, id, MIN_VECTORS)) wanted.push(id)
  return wanted
}

/**
 * Builds the index of a generation if it has enough vectors, without blocking reads or writes: about a minute for
 * 100,000. Drops leftovers of an interrupted build first. Waits while another index is being built.
 */
export async function ensureApproximateIndex(
  database: Database,
  generation: number,
  {
    worthwhile = MIN_VECTORS,
    signal = new AbortController().signal,
  }: { readonly worthwhile?: number; readonly signal?: AbortSignal } = {},
): Promise<ApproximateIndex> {
  if (database.embedded) return 'not worthwhile'
  if (!(await database.run((queries) => isWorthwhile(queries, generation, worthwhile))))
    return 'not worthwhile'
  return database.aside(signal, async (queries) => {
    while (!(await takeBuildLock(queries))) await sleep(LOCK_POLL_MS, undefined, { signal })
    return ensureIndex(queries, generation, worthwhile)
  })
}

/** Cancels builds of these generations' indexes on any daemon. */
export async function cancelBuilds(database: Database, ids: readonly number[]): Promise<void> {
  if (database.embedded || ids.length === 0) return
  const names = sql`${sql.param(ids.map(partitionName))}::text[]`
  for (let left = CANCEL_ATTEMPTS; left > 0; left -= 1) {
    const { rows } = await database.run((queries) =>
      queries.execute(sql`
        SELECT pg_cancel_backend(build.pid) FROM pg_stat_progress_create_index build
          JOIN pg_class ON pg_class.oid = build.relid
        WHERE pg_class.relname = ANY(${names}) AND relnamespace = current_schema()::regnamespace
          AND build.datname = current_database()`),
    )
    if (rows.length === 0) return
    await sleep(LOCK_POLL_MS)
  }
}

async function ensureIndex(
  queries: Queries,
  generation: number,
  worthwhile: number,
): Promise<ApproximateIndex> {
  const [found] = await queries
    .select({ present: hasApproximateIndex(), dimensions: generations.dimensions })
    .from(generations)
    .where(eq(generations.id, generation))
  if (found === undefined) return 'not worthwhile'
  if (found.present) return 'present'
  if (!(await isWorthwhile(queries, generation, worthwhile))) return 'not worthwhile'
  const index = sql.identifier(indexName(generation))
  const half = sql.raw(`halfvec(${found.dimensions})`)
  await queries.execute(sql`DROP INDEX CONCURRENTLY IF EXISTS ${index}`)
  await queries.execute(sql`
    CREATE INDEX CONCURRENTLY ${index} ON ${partitionOf(generation)}
    USING hnsw ((embedding::${half}) halfvec_cosine_ops)
    WITH (m = ${sql.raw(String(HNSW_M))}, ef_construction = ${sql.raw(String(HNSW_EF_CONSTRUCTION))})`)
  return 'built'
}

async function isWorthwhile(queries: Queries, generation: number, worthwhile: number): Promise<boolean> {
  const { rows } = await queries.execute(sql`
    SELECT count(*) AS vectors FROM (SELECT FROM ${partitionOf(generation)} LIMIT ${worthwhile}) AS first`)
  return Number(rows[0]?.vectors) >= worthwhile
}

const partitionOf = (generation: number): SQL => sql`${sql.identifier(partitionName(generation))}`
