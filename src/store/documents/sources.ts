import { and, asc, count, eq, getTableColumns, gt, inArray, isNull, sql } from 'drizzle-orm'
import { collections, documents, sources } from '../../../drizzle/schema.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { Principal, Role } from '../../domain/principal.ts'
import type { Move, Source } from '../../domain/source.ts'
import type { SourceRepository } from '../../ports/store/sources.ts'
import { may, tooLittle } from '../accounts/rights.ts'
import { batches } from '../database/batches.ts'
import type { Database, Queries } from '../database/database.ts'
import { boundLog } from '../database/maintenance.ts'
import { isUuid } from '../database/uuid.ts'
import { findCollection, lockCollection, raiseRevision } from './collections.ts'
import { replaceStaged, replaceStagedOf } from './staging.ts'

/** Documents deleted per transaction, so that questions can run in between. */
const REMOVED_AT_ONCE = 250

export function sourceRepository(database: Database): SourceRepository {
  return {
    remember: (principal, collection, { kind, location, machine, options }) =>
      database.run(async (queries) => {
        const { id } = await findCollection(queries, principal, collection, 'editor')
        const [row] = await queries
          .insert(sources)
          .values({ collection: id, kind, location, machine, options, createdBy: principal.id })
          .onConflictDoUpdate({
            target: [sources.collection, sources.machine, sources.location],
            set: { kind, options },
          })
          .returning(OWN)
        if (row === undefined) throw new ChatbotError('internal', 'The new source has no id.')
        return { ...row, collection }
      }),

    list: (principal, collection) =>
      database.run(async (queries) => {
        const owner =
          collection === undefined ? undefined : await findCollection(queries, principal, collection)
        return queries
          .select({ ...COLUMNS, documents: count(documents.id) })
          .from(sources)
          .innerJoin(collections, eq(collections.id, sources.collection))
          .leftJoin(documents, eq(documents.source, sources.id))
          .where(
            and(may(principal, 'reader'), owner === undefined ? undefined : eq(sources.collection, owner.id)),
          )
          .groupBy(sources.id, collections.id)
          .orderBy(asc(collections.name), asc(sources.location), asc(sources.id))
      }),

    documents: (principal, id, { limit, after }) =>
      database.run(async (queries) => {
        const source = await findSource(queries, principal, id, 'reader')
        const page = await queries
          .select({ uri: documents.uri, hash: documents.hash })
          .from(documents)
          .where(
            and(eq(documents.source, source.id), after === undefined ? undefined : gt(documents.uri, after)),
          )
          .orderBy(asc(documents.uri))
          .limit(limit)
        return { collection: source.collection, documents: page }
      }),

    adopt: (principal, id, uris) =>
      database.run(async (queries) => {
        const source = await findSource(queries, principal, id, 'editor')
        for (const batch of batches(uris)) {
          await queries
            .update(documents)
            .set({ source: source.id })
            .where(
              and(
                eq(documents.collection, collectionOf(source.id)),
                inArray(documents.uri, batch),
                isNull(documents.source),
              ),
            )
        }
      }),

    change: async (principal, id, { moves, removals }) => {
      const changed = await database.transaction(async (queries) => {
        const source = await findSource(queries, principal, id, 'editor')
        const owner = await lockCollection(queries, source.collection)
        const moved = await move(queries, source.id, moves)
        const removed = await remove(queries, source.id, removals)
        await replaceStaged(queries, owner.id, removed)
        if (moved.length + removed.length > 0) await raiseRevision(queries, owner.id)
        return { moved, removed }
      })
      await boundLog(database)
      return changed
    },

    synced: (principal, id, validators) =>
      database.run(async (queries) => {
        const source = await findSource(queries, principal, id, 'editor')
        await queries
          .update(sources)
          .set({ validators, syncedAt: new Date() })
          .where(eq(sources.id, source.id))
      }),

    remove: async (principal, id, fate) => {
      let removed = 0
      while (fate === 'remove') {
        const some = await database.transaction(async (queries) => {
          const source = await findSource(queries, principal, id, 'editor')
          const owner = await lockCollection(queries, source.collection)
          const rows = await queries
            .select({ uri: documents.uri })
            .from(documents)
            .where(eq(documents.source, source.id))
            .limit(REMOVED_AT_ONCE)
          const uris = rows.map((row) => row.uri)
          await remove(queries, source.id, uris)
          await replaceStagedOf(queries, source.id)
          if (uris.length > 0) await raiseRevision(queries, owner.id)
          return uris.length
        })
        removed += some
        await boundLog(database)
        if (some < REMOVED_AT_ONCE) break
      }
      return database.transaction(async (queries) => {
        const source = await findSource(queries, principal, id, 'editor')
        await queries.delete(sources).where(eq(sources.id, source.id))
        return { source, removed }
      })
    },
  }
}

const { createdBy: _, ...OWN } = getTableColumns(sources)
/** The columns of a Source; the statement joins `collections`. */
const COLUMNS = { ...OWN, collection: collections.name }

async function findSource(queries: Queries, principal: Principal, id: string, role: Role): Promise<Source> {
  const [found] = isUuid(id)
    ? await queries
        .select({ ...COLUMNS, allowed: may(principal, role) })
        .from(sources)
        .innerJoin(collections, eq(collections.id, sources.collection))
        .where(and(eq(sources.id, id), may(principal, 'reader')))
    : []
  if (found === undefined) {
    throw new ChatbotError(
      'unknown_source',
      `There is no source "${id}". \`chatbot sources list\` shows the known ones.`,
    )
  }
  const { allowed, ...source } = found
  if (!allowed) throw tooLittle(role, source.collection)
  return source
}

/** The collection of a source, within a statement. */
const collectionOf = (source: string) =>
  sql`(SELECT ${sources.collection} FROM ${sources} WHERE ${sources.id} = ${source})`

/** Renames documents of the source; skips names that another document has. */
async function move(queries: Queries, source: string, moves: readonly Move[]): Promise<Move[]> {
  const done: Move[] = []
  for (const batch of batches(moves)) {
    const pairs = sql.join(
      batch.map(({ from, to }) => sql`(${from}, ${to})`),
      sql`, `,
    )
    const { rows } = await queries.execute(sql`
      UPDATE documents SET uri = pair.destination
      FROM (SELECT DISTINCT ON (destination) * FROM (VALUES ${pairs}) AS given (origin, destination)) AS pair
      WHERE documents.source_id = ${source} AND documents.uri = pair.origin
        AND NOT EXISTS (SELECT FROM documents AS other
          WHERE other.collection_id = documents.collection_id AND other.uri = pair.destination)
      RETURNING pair.origin, pair.destination`)
    done.push(...rows.map((row) => ({ from: String(row.origin), to: String(row.destination) })))
  }
  return done
}

async function remove(queries: Queries, source: string, uris: readonly string[]): Promise<string[]> {
  const removed: string[] = []
  for (const batch of batches(uris)) {
    const rows = await queries
      .delete(documents)
      .where(and(eq(documents.source, source), inArray(documents.uri, batch)))
      .returning({ uri: documents.uri })
    removed.push(...rows.map((row) => row.uri))
  }
  return removed
}
