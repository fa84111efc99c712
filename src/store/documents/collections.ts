import { and, asc, count, eq, getTableColumns, type SQL, sql, sum } from 'drizzle-orm'
import { collections, documents, grants } from '../../../drizzle/schema.ts'
import { type Collection, checkCollectionName, type SearchedCollection } from '../../domain/document.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { Principal, Role } from '../../domain/principal.ts'
import type { CollectionRepository } from '../../ports/store/collections.ts'
import { audit } from '../accounts/audit.ts'
import { may, mayAs, mayEverywhere, subjectsOf, tooLittle } from '../accounts/rights.ts'
import type { Database, Queries } from '../database/database.ts'
import { cancelBuilds } from '../indexes/approximate-index.ts'
import { dropPartitions, generationsOf } from '../indexes/partitions.ts'
import { beingIndexed } from './indexing.ts'

const { id, name, revision, cache, engine, createdAt } = getTableColumns(collections)
const SUMMARY = { id, name, revision, cache, engine, createdAt }

type Readable = ReturnType<typeof prepareReadable>

/** Built and planned once, because every question uses it. */
const prepareReadable = (queries: Queries, asLocal: boolean) =>
  queries
    .select({ ...SUMMARY, indexing: beingIndexed })
    .from(collections)
    .where(isReadable(asLocal))
    .orderBy(asc(collections.name))
    .prepare(`readable ${asLocal ? 'local' : 'other'}`)

/** For the placeholders `names` and, unless the asker is the local principal, `subjects`. */
const isReadable = (asLocal: boolean) =>
  and(
    asLocal ? undefined : mayAs(sql.placeholder('subjects'), 'reader'),
    sql`(${sql.placeholder('names')}::text[] IS NULL OR ${collections.name} = ANY(${sql.placeholder('names')}::text[]))`,
  )

/** Whether `readable` would return the same again: for its placeholders, and `remembered`. */
export const isAsRemembered = (asLocal: boolean): SQL => sql`${sql.placeholder('remembered')}::jsonb = (
  SELECT coalesce(jsonb_agg(jsonb_build_array(${id}, ${name}, ${revision}, ${cache}, ${engine}, ${beingIndexed})
    ORDER BY ${name}), '[]') FROM ${collections} WHERE ${isReadable(asLocal)})`

/** The placeholder `remembered`. */
export const rememberedAs = (found: readonly SearchedCollection[]): string =>
  JSON.stringify(
    found.map(({ id, name, revision, cache, engine, indexing }) => [
      id,
      name,
      revision,
      cache,
      engine,
      indexing,
    ]),
  )

export function collectionRepository(database: Database): CollectionRepository {
  const readable: { local?: Readable; other?: Readable } = {}
  return {
    create: (principal, name) =>
      database.transaction(async (queries) => {
        const created = await insert(queries, principal, name)
        if (created === undefined) {
          throw new ChatbotError('collection_exists', `There already is a collection "${name}".`)
        }
        return created
      }),

    ensure: (principal, name) =>
      database.transaction(async (queries) => {
        const [known] = await queries
          .select({ id: collections.id })
          .from(collections)
          .where(and(eq(collections.name, name), may(principal, 'reader')))
        const created = known === undefined ? await insert(queries, principal, name) : undefined
        return created ?? findCollection(queries, principal, name, 'editor')
      }),

    list: (principal) =>
      database.run((queries) =>
        queries
          .select({
            ...SUMMARY,
            documents: count(documents.id),
            chunks: sql<number>`coalesce(${sum(documents.chunks)}, 0)`.mapWith(Number),
          })
          .from(collections)
          .leftJoin(documents, eq(documents.collection, collections.id))
          .where(may(principal, 'reader'))
          .groupBy(collections.id)
          .orderBy(asc(collections.name)),
      ),

    configure: (principal, name, settings) =>
      database.transaction(async (queries) => {
        await findCollection(queries, principal, name, 'admin')
        const { cache, engine } = settings
        await audit(queries, principal, 'collection.configure', name, {
          ...(cache === undefined ? {} : { cache: String(cache) }),
          ...(engine === undefined ? {} : { engine: engine ?? 'as configured' }),
        })
        const [row] = await queries
          .update(collections)
          .set(settings)
          .where(eq(collections.name, name))
          .returning(SUMMARY)
        if (row === undefined) throw unknownCollection(name)
        return row
      }),

    readable: (principal, names) =>
      database.run(async (queries) => {
        const kind = principal.kind === 'local' ? 'local' : 'other'
        readable[kind] ??= prepareReadable(queries, kind === 'local')
        const found = await readable[kind].execute({
          subjects: subjectsOf(principal),
          names: names ?? null,
        })
        const missing = names?.find((name) => !found.some((collection) => collection.name === name))
        if (missing !== undefined) throw unknownCollection(missing)
        return found
      }),

    require: async (principal, name, role) => {
      await database.run((queries) => findCollection(queries, principal, name, role))
    },

    remove: async (principal, name) => {
      const building = await database.run(async (queries) => {
        const { id } = await findCollection(queries, principal, name, 'admin')
        return generationsOf(queries, id)
      })
      // A running index build locks the partitions, and everything would queue behind this deletion.
      await cancelBuilds(database, building)
      await database.transaction(async (queries) => {
        await findCollection(queries, principal, name, 'admin')
        await audit(queries, principal, 'collection.remove', name)
        const { id } = await lockCollection(queries, name)
        await dropPartitions(queries, await generationsOf(queries, id))
        await queries.delete(collections).where(eq(collections.id, id))
      })
    },
  }
}

/** The collection's row, locked until the transaction ends: serialises changes to a collection. */
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

/** Throws `unknown_collection` if it cannot be read, and `forbidden` if it can only be read. */
export async function findCollection(
  queries: Queries,
  principal: Principal,
  name: string,
  role: Role = 'reader',
): Promise<Collection> {
  const [row] = await queries
    .select({ ...SUMMARY, allowed: may(principal, role) })
    .from(collections)
    .where(and(eq(collections.name, name), may(principal, 'reader')))
  if (row === undefined) throw unknownCollection(name)
  const { allowed, ...found } = row
  if (!allowed) throw tooLittle(role, name)
  return found
}

/** Undefined if the name is taken. The creator becomes its administrator. */
async function insert(queries: Queries, principal: Principal, name: string): Promise<Collection | undefined> {
  checkCollectionName(name)
  if (!(await mayEverywhere(queries, principal, 'editor'))) {
    throw new ChatbotError(
      'forbidden',
      `There is no collection "${name}" that you can read, and creating one needs the role editor on all collections.`,
    )
  }
  const [row] = await queries
    .insert(collections)
    .values({ name, createdBy: principal.id })
    .onConflictDoNothing()
    .returning(SUMMARY)
  if (row === undefined) return undefined
  await audit(queries, principal, 'collection.create', name)
  if (principal.kind !== 'local') {
    await queries
      .insert(grants)
      .values({ subject: principal.id, collection: row.id, role: 'admin', grantedBy: principal.id })
  }
  return row
}

function unknownCollection(name: string): ChatbotError {
  return new ChatbotError(
    'unknown_collection',
    `There is no collection "${name}". \`chatbot collections list\` shows those that exist.`,
  )
}
