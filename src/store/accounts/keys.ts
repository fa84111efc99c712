import { and, asc, desc, eq, isNull, like, sql } from 'drizzle-orm'
import { apiKeys, collections, grants } from '../../../drizzle/schema.ts'
import { ChatbotError } from '../../domain/errors.ts'
import { principalName } from '../../domain/principal.ts'
import type { ApiKey, KeyRepository } from '../../ports/store/keys.ts'
import type { Database } from '../database/database.ts'
import { audit } from './audit.ts'
import { grantFirst, revoke, unknownKey } from './grants.ts'
import { requireAdministrator } from './rights.ts'

export function keyRepository(database: Database): KeyRepository {
  return {
    create: (principal, { name, prefix, hash, expiresAt, ...rights }) =>
      database.transaction(async (queries) => {
        await requireAdministrator(queries, principal)
        const [row] = await queries
          .insert(apiKeys)
          .values({ name, prefix, hash, expiresAt, createdBy: principalName(principal) })
          .onConflictDoNothing()
          .returning()
        if (row === undefined) {
          throw new ChatbotError('name_taken', `There already is a key "${name}". Rotate or revoke it.`)
        }
        await grantFirst(queries, principal, `key:${row.id}`, rights)
        const expires = expiresAt?.toISOString() ?? null
        await audit(queries, principal, 'key.create', name, { prefix, role: rights.role, expires })
        const { role, collections: named = [null] } = rights
        return toKey(
          row,
          named.map((collection) => ({ role, collection })),
        )
      }),

    list: (principal) =>
      database.run(async (queries) => {
        await requireAdministrator(queries, principal)
        const rows = await queries
          .select()
          .from(apiKeys)
          .orderBy(sql`${apiKeys.revokedAt} IS NOT NULL`, asc(apiKeys.name), desc(apiKeys.createdAt))
        const held = await queries
          .select({ subject: grants.subject, role: grants.role, collection: collections.name })
          .from(grants)
          .leftJoin(collections, eq(collections.id, grants.collection))
          .where(like(grants.subject, 'key:%'))
        return rows.map((row) =>
          toKey(
            row,
            held.filter(({ subject }) => subject === `key:${row.id}`),
          ),
        )
      }),

    rotate: (principal, name, hash, previousUntil) =>
      database.transaction(async (queries) => {
        await requireAdministrator(queries, principal)
        const [row] = await queries
          .update(apiKeys)
          .set({ hash, previousHash: sql`${apiKeys.hash}`, previousUntil })
          .where(and(eq(apiKeys.name, name), isNull(apiKeys.revokedAt)))
          .returning({ prefix: apiKeys.prefix })
        if (row === undefined) throw unknownKey(name)
        await revoke(queries)
        await audit(queries, principal, 'key.rotate', name, { previousUntil: previousUntil.toISOString() })
        return row.prefix
      }),

    revoke: (principal, name) =>
      database.transaction(async (queries) => {
        await requireAdministrator(queries, principal)
        const [row] = await queries
          .update(apiKeys)
          .set({ revokedAt: sql`now()`, previousHash: null })
          .where(and(eq(apiKeys.name, name), isNull(apiKeys.revokedAt)))
          .returning({ id: apiKeys.id })
        if (row === undefined) throw unknownKey(name)
        await queries.delete(grants).where(eq(grants.subject, `key:${row.id}`))
        await revoke(queries)
        await audit(queries, principal, 'key.revoke', name)
      }),

    find: (prefix) =>
      database.run(async (queries) => {
        const [row] = await queries.select().from(apiKeys).where(eq(apiKeys.prefix, prefix))
        if (row === undefined) return undefined
        const stale = row.lastUsedAt === null || Date.now() - row.lastUsedAt.getTime() > USED_MS
        if (stale) await queries.update(apiKeys).set({ lastUsedAt: new Date() }).where(eq(apiKeys.id, row.id))
        return row
      }),
  }
}

/** Precision of `lastUsedAt`: a write for every request would be too much. */
const USED_MS = 600_000

function toKey(row: typeof apiKeys.$inferSelect, rights: ApiKey['rights']): ApiKey {
  const { name, prefix, createdBy, createdAt, expiresAt, revokedAt, lastUsedAt } = row
  const held = rights.map(({ role, collection }) => ({ role, collection }))
  return { name, prefix, createdBy, createdAt, expiresAt, revokedAt, lastUsedAt, rights: held }
}
