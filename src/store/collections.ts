import { asc, count, eq, getTableColumns, inArray, sql, sum } from 'drizzle-orm'
import { collections, documents } from '../../drizzle/schema.ts'
import { COLLECTION_NAME, type Collection } from '../domain/document.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Principal } from '../domain/principal.ts'
import type { Database, Queries } from './database.ts'
import { dropGenerations } from './partitions.ts'
import type { CollectionRepository } from './store.ts'

/** Collections belong to the installation: every principal reads them. */
export function collectionRepository(database: Database): CollectionRepository {
  return {
    create: (principal, name) =>
      database.run(async (queries) => {
        const created = await insert(queries, principal, name)
        if (created === undefined) {
          throw new ChatbotError('collection_exists', `There already is a collection "${name}".`)
        }
        return created
      }),

    ensure: (principal, name) =>
      database.run(async (queries) => {
        const created = await insert(queries, principal, name)
        return created ?? findCollection(queries, name)
      }),

    list: (_principal) =>
      database.run((queries) =>
        queries
          .select({
            ...SUMMARY,
            documents: count(documents.id),
            chunks: sql<number>`coalesce(${sum(documents.chunks)}, 0)`.mapWith(Number),
          })
          .from(collections)
          .leftJoin(documents, eq(documents.collection, collections.id))
          .groupBy(collections.id)
          .orderBy(asc(collections.name)),
      ),

    configure: (_principal, name, { cache }) =>
      database.run(async (queries) => {
        const [row] = await queries
          .update(collections)
          .set({ cache })
          .where(eq(collections.name, name))
          .returning(SUMMARY)
        if (row === undefined) throw unknownCollection(name)
        return row
      }),

    readable: (_principal, names) =>
      database.run(async (queries) => {
        const found = await queries
          .select(SUMMARY)
          .from(collections)
          .where(names === undefined ? undefined : inArray(collections.name, [...names]))
          .orderBy(asc(collections.name))
        const missing = names?.find((name) => !found.some((collection) => collection.name === name))
        if (missing !== undefined) throw unknownCollection(missing)
        return found
      }),

    remove: (_principal, name) =>
      database.transaction(async (queries) => {
        const { id } = await lockCollection(queries, name)
        await dropGenerations(queries, id)
        await queries.delete(collections).where(eq(collections.id, id))
      }),
  }
}

/** The collection's row, locked until the transaction ends: changes to one collection come one by one. */
export async function lockCollection(
  queries: Queries,
  name: string,
): Promise<Collection & { activeGeneration: number | null }> {
  const [row] = await queries
    .select()
    .from(collections)
    .where(eq(collections.name, name))
    .for('no key update')
  if (row === undefined) throw unknownCollection(name)
  return row
}

/** Once per committed change of the locked collection. */
export async function raiseRevision(queries: Queries, id: string): Promise<void> {
  await queries
    .update(collections)
    .set({ revision: sql`${collections.revision} + 1` })
    .where(eq(collections.id, id))
}

export async function findCollection(queries: Queries, name: string): Promise<Collection> {
  const [row] = await queries.select(SUMMARY).from(collections).where(eq(collections.name, name))
  if (row === undefined) throw unknownCollection(name)
  return row
}

const { id, name, revision, cache, createdAt } = getTableColumns(collections)
const SUMMARY = { id, name, revision, cache, createdAt }

/** Undefined when the name is taken. */
async function insert(queries: Queries, principal: Principal, name: string): Promise<Collection | undefined> {
  if (!COLLECTION_NAME.test(name)) {
    throw new ChatbotError(
      'invalid_collection_name',
      'A collection is named with 1 to 63 lower-case letters, digits, ".", "_" and "-", a letter or digit first.',
    )
  }
  const [row] = await queries
    .insert(collections)
    .values({ name, createdBy: principal.id })
    .onConflictDoNothing()
    .returning(SUMMARY)
  return row
}

function unknownCollection(name: string): ChatbotError {
  return new ChatbotError(
    'unknown_collection',
    `There is no collection "${name}". \`chatbot collections list\` shows those that exist.`,
  )
}
