import { and, asc, count, eq, gt, type Placeholder, type SQL, sql } from 'drizzle-orm'
import { answers, cachedAnswers } from '../../../drizzle/schema.ts'
import type { CachedAnswerRepository } from '../../ports/store/cached-answers.ts'
import { audit } from '../accounts/audit.ts'
import { requireAdministrator } from '../accounts/rights.ts'
import type { Database, Queries } from '../database/database.ts'
import { readCitations } from './citations.ts'

/** Answers above the limit before an eviction: one deletion for many insertions. */
const EVICTION_BATCH = 64

/** Entries belong to the installation; their partition decides whose questions they may answer. */
export function cachedAnswerRepository(database: Database): CachedAnswerRepository {
  return {
    nearest: (_principal, partition, vector, limit) =>
      database.run(async (queries) => {
        const distance = sql<number>`${cachedAnswers.embedding} <=> ${sql.param(vector, cachedAnswers.embedding)}::vector`
        const rows = await queries
          .select({
            principal: cachedAnswers.principal,
            answer: cachedAnswers.answer,
            question: answers.question,
            distance: distance.mapWith(Number),
          })
          .from(cachedAnswers)
          .innerJoin(answers, isAnswer())
          .where(and(eq(cachedAnswers.partition, partition), isFresh()))
          .orderBy(asc(distance), asc(cachedAnswers.createdAt))
          .limit(limit)
        return rows.map((row) => ({
          source: { principal: row.principal, answer: row.answer },
          question: row.question,
          similarity: 1 - row.distance,
        }))
      }),

    get: (_principal, source) =>
      database.run(async (queries) => {
        const [row] = await queries
          .select({
            question: answers.question,
            text: answers.text,
            warnings: answers.warnings,
            askedAt: answers.askedAt,
          })
          .from(answers)
          .where(and(eq(answers.principal, source.principal), eq(answers.id, source.answer)))
        if (row === undefined) return undefined
        const citations = await readCitations(queries, { id: source.principal }, [source.answer])
        return {
          ...row,
          source,
          askedAt: row.askedAt.toISOString(),
          citations: citations.get(source.answer) ?? [],
        }
      }),

    keep: (principal, answer, { partition, vector, expiresAt }, most) =>
      database.transaction(async (queries) => {
        const kept = await queries
          .insert(cachedAnswers)
          .select(
            queries
              .select({
                principal: answers.principal,
                answer: answers.id,
                partition: sql<string>`${partition}::text`.as('partition'),
                embedding: sql<Float32Array>`${sql.param(vector, cachedAnswers.embedding)}::vector`.as(
                  'embedding',
                ),
                createdAt: sql<Date>`now()`.as('created_at'),
                usedAt: sql<Date>`now()`.as('used_at'),
                expiresAt: sql<Date>`${expiresAt.toISOString()}::timestamptz`.as('expires_at'),
              })
              .from(answers)
              .where(
                and(
                  eq(answers.principal, principal.id),
                  eq(answers.id, answer),
                  eq(answers.state, 'complete'),
                  isCurrent(),
                ),
              ),
          )
          .onConflictDoNothing()
        await evict(queries, most)
        return (kept.rowCount ?? 0) > 0
      }),

    used: async (source) => {
      await database.run((queries) =>
        queries.update(cachedAnswers).set({ usedAt: sql`now()` }).where(isSource(source)),
      )
    },

    stats: () =>
      database.run(async (queries) => {
        const [row] = await queries
          .select({
            entries: count(),
            bytes:
              sql<number>`coalesce(sum(pg_column_size(${cachedAnswers.embedding}) + length(${answers.text})), 0)`.mapWith(
                Number,
              ),
          })
          .from(cachedAnswers)
          .innerJoin(answers, isAnswer())
          .where(and(isFresh(), isCurrent()))
        return row ?? { entries: 0, bytes: 0 }
      }),

    clear: (principal) =>
      database.transaction(async (queries) => {
        await requireAdministrator(queries, principal)
        await audit(queries, principal, 'cache.clear', 'everything')
        return (await queries.delete(cachedAnswers)).rowCount ?? 0
      }),
  }
}

const isAnswer = () =>
  and(eq(answers.principal, cachedAnswers.principal), eq(answers.id, cachedAnswers.answer))
const isFresh = () => gt(cachedAnswers.expiresAt, sql`now()`)

/** Everything that the row in `answers` searched still exists unchanged, with its cache on. */
export const isCurrent = (): SQL => sql`NOT EXISTS (
  SELECT 1 FROM jsonb_to_recordset(${answers.collections}) AS searched(id uuid, revision bigint)
  LEFT JOIN collections AS now ON now.id = searched.id
  WHERE now.id IS NULL OR now.revision <> searched.revision OR NOT now.cache)`

/** The cache's proposal is still valid: not cleared, not too old, and its answer exists. */
export const isKept = (source: Source, partition: Placeholder): SQL =>
  sql`EXISTS (SELECT FROM ${cachedAnswers} WHERE ${isSource(source)} AND ${eq(cachedAnswers.partition, partition)} AND ${isFresh()})`

interface Source {
  readonly principal: string | Placeholder
  readonly answer: string | Placeholder
}

const isSource = ({ principal, answer }: Source) =>
  and(eq(cachedAnswers.principal, principal), eq(cachedAnswers.answer, answer))

/** Evicts the least recently used above the limit, and everything that is no longer valid. */
async function evict(queries: Queries, most: number): Promise<void> {
  const [held] = await queries.select({ entries: count() }).from(cachedAnswers)
  if ((held?.entries ?? 0) < most + Math.min(EVICTION_BATCH, most)) return
  await queries.execute(sql`
    DELETE FROM ${cachedAnswers} WHERE ${cachedAnswers.expiresAt} < now()
      OR EXISTS (SELECT 1 FROM ${answers} WHERE ${isAnswer()} AND NOT ${isCurrent()})
      OR (${cachedAnswers.principal}, ${cachedAnswers.answer}) IN (
        SELECT principal, answer_id FROM cached_answers ORDER BY used_at DESC, created_at DESC OFFSET ${most})`)
}
