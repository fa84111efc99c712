import { and, asc, eq, isNull, type SQL, sql } from 'drizzle-orm'
import { apiKeys, collections, grants, revocations, users } from '../../../drizzle/schema.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { Principal } from '../../domain/principal.ts'
import { ROLES } from '../../domain/principal.ts'
import type { FirstRights, Grant, GrantRepository } from '../../ports/store/grants.ts'
import type { Database, Queries } from '../database/database.ts'
import { findCollection } from '../documents/collections.ts'
import { audit } from './audit.ts'
import { may, mayEverywhere, requireAdministrator } from './rights.ts'

export function grantRepository(database: Database): GrantRepository {
  return {
    list: (principal, collection) =>
      database.run(async (queries) => {
        if (collection !== undefined) await findCollection(queries, principal, collection, 'admin')
        return listGrants(
          queries,
          and(
            collection === undefined ? undefined : eq(collections.name, collection),
            may(principal, 'admin', grants.collection),
          ),
        )
      }),

    set: (principal, subject, role, collection) =>
      database.transaction(async (queries) => {
        const where = await administered(queries, principal, collection)
        const id = await subjectId(queries, subject)
        await audit(queries, principal, 'grant.add', subject, { role, collection })
        await queries
          .insert(grants)
          .values({ subject: id, collection: where, role, grantedBy: principal.id })
          .onConflictDoUpdate({
            target: [grants.subject, grants.collection],
            set: { role, grantedBy: principal.id, grantedAt: sql`now()` },
          })
      }),

    remove: (principal, subject, collection) =>
      database.transaction(async (queries) => {
        const where = await administered(queries, principal, collection)
        const id = await subjectId(queries, subject)
        await audit(queries, principal, 'grant.remove', subject, { collection })
        const { rowCount } = await queries
          .delete(grants)
          .where(
            and(
              eq(grants.subject, id),
              where === null ? isNull(grants.collection) : eq(grants.collection, where),
            ),
          )
        if ((rowCount ?? 0) === 0) {
          throw new ChatbotError(
            'not_found',
            `${subject} has no role of its own ${collection === null ? 'on all collections' : `on "${collection}"`}. \`chatbot grants list\` shows all grants.`,
          )
        }
      }),

    require: (principal, role) =>
      database.run(async (queries) => {
        if (role === 'admin') return requireAdministrator(queries, principal)
        if (await mayEverywhere(queries, principal, role)) return
        throw new ChatbotError('forbidden', `That needs the role ${role} on all collections.`)
      }),

    of: (principal) =>
      database.run(async (queries) => {
        const highest = sql<number>`CASE WHEN ${may(principal, 'admin')} THEN 2 WHEN ${may(principal, 'editor')} THEN 1 ELSE 0 END`
        const rows = await queries
          .select({ name: collections.name, level: highest.mapWith(Number) })
          .from(collections)
          .where(may(principal, 'reader'))
          .orderBy(asc(collections.name))
        let everywhere: Grant['role'] | null = null
        for (const role of ROLES) if (await mayEverywhere(queries, principal, role)) everywhere = role
        return {
          everywhere,
          collections: rows.map(({ name, level }) => ({ name, role: ROLES[level] ?? 'reader' })),
        }
      }),
  }
}

/** The id of a collection that the principal administers; null for all collections. */
async function administered(
  queries: Queries,
  principal: Principal,
  collection: string | null,
): Promise<string | null> {
  if (collection !== null) return (await findCollection(queries, principal, collection, 'admin')).id
  await requireAdministrator(queries, principal)
  return null
}

/** The initial rights of a new user or key. */
export async function grantFirst(
  queries: Queries,
  principal: Principal,
  subject: string,
  { role, collections: named }: FirstRights,
): Promise<void> {
  for (const name of new Set(named ?? [null])) {
    const collection = await administered(queries, principal, name)
    await queries.insert(grants).values({ subject, collection, role, grantedBy: principal.id })
  }
}

/** Grants with the names of their subjects and collections, by subject. */
async function listGrants(queries: Queries, condition: SQL | undefined): Promise<Grant[]> {
  return queries
    .select({
      subject: sql<string>`CASE
        WHEN ${users.name} IS NOT NULL THEN 'user:' || ${users.name}
        WHEN ${apiKeys.name} IS NOT NULL THEN 'key:' || ${apiKeys.name}
        ELSE ${grants.subject} END`.as('subject'),
      role: grants.role,
      collection: collections.name,
      grantedAt: grants.grantedAt,
    })
    .from(grants)
    .leftJoin(collections, eq(collections.id, grants.collection))
    .leftJoin(users, eq(grants.subject, sql`'user:' || ${users.id}`))
    .leftJoin(apiKeys, eq(grants.subject, sql`'key:' || ${apiKeys.id}`))
    .where(condition)
    .orderBy(sql`1`, asc(collections.name))
}

/** Converts a subject as people write it to its stored form. */
async function subjectId(queries: Queries, subject: string): Promise<string> {
  const [kind, name = ''] = [subject.split(':', 1)[0], subject.slice(subject.indexOf(':') + 1)]
  switch (kind) {
    case 'user': {
      const [found] = await queries.select({ id: users.id }).from(users).where(eq(users.name, name))
      if (found === undefined) throw unknownUser(name)
      return `user:${found.id}`
    }
    case 'key': {
      const [found] = await queries
        .select({ id: apiKeys.id })
        .from(apiKeys)
        .where(and(eq(apiKeys.name, name), isNull(apiKeys.revokedAt)))
      if (found === undefined) throw unknownKey(name)
      return `key:${found.id}`
    }
    default:
      return subject
  }
}

export const unknownUser = (name: string): ChatbotError =>
  new ChatbotError('not_found', `There is no user "${name}". \`chatbot users list\` shows those that exist.`)

export const unknownKey = (name: string): ChatbotError =>
  new ChatbotError('not_found', `There is no key "${name}". \`chatbot keys list\` shows those that exist.`)

/** Notifies all daemons, at the end of the transaction, that a credential may have been revoked. */
export async function revoke(queries: Queries): Promise<void> {
  await queries.update(revocations).set({ revision: sql`${revocations.revision} + 1` })
}
