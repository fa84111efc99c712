import { and, asc, count, eq, gt, isNull, like, lt, sql } from 'drizzle-orm'
import { collections, grants, refreshTokens, sessions, users } from '../../../drizzle/schema.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { SessionRepository, UserRepository } from '../../ports/store/users.ts'
import type { Database } from '../database/database.ts'
import { audit } from './audit.ts'
import { grantFirst, revoke, unknownUser } from './grants.ts'
import { requireAdministrator } from './rights.ts'

export function userRepository(database: Database): UserRepository {
  return {
    create: (principal, { name, password, ...rights }) =>
      database.transaction(async (queries) => {
        await requireAdministrator(queries, principal)
        const [row] = await queries
          .insert(users)
          .values({ name, password })
          .onConflictDoNothing()
          .returning({ id: users.id })
        if (row === undefined) throw new ChatbotError('name_taken', `There already is a user "${name}".`)
        await grantFirst(queries, principal, `user:${row.id}`, rights)
        await audit(queries, principal, 'user.add', name, { role: rights.role })
      }),

    list: (principal) =>
      database.run(async (queries) => {
        await requireAdministrator(queries, principal)
        const rows = await queries
          .select({
            id: users.id,
            name: users.name,
            createdAt: users.createdAt,
            sessions: count(sessions.id),
          })
          .from(users)
          .leftJoin(sessions, and(eq(sessions.user, users.id), gt(sessions.expiresAt, sql`now()`)))
          .groupBy(users.id)
          .orderBy(asc(users.name))
        const held = await queries
          .select({ subject: grants.subject, role: grants.role, collection: collections.name })
          .from(grants)
          .leftJoin(collections, eq(collections.id, grants.collection))
          .where(like(grants.subject, 'user:%'))
        return rows.map(({ id, ...row }) => ({
          ...row,
          rights: held
            .filter(({ subject }) => subject === `user:${id}`)
            .map(({ role, collection }) => ({ role, collection })),
        }))
      }),

    remove: (principal, name) =>
      database.transaction(async (queries) => {
        await requireAdministrator(queries, principal)
        const [row] = await queries.delete(users).where(eq(users.name, name)).returning({ id: users.id })
        if (row === undefined) throw unknownUser(name)
        await queries.delete(grants).where(eq(grants.subject, `user:${row.id}`))
        await revoke(queries)
        await audit(queries, principal, 'user.remove', name)
      }),

    setPassword: (principal, name, password) =>
      database.transaction(async (queries) => {
        const [found] = await queries.select({ id: users.id }).from(users).where(eq(users.name, name))
        if (principal.id !== `user:${found?.id}`) await requireAdministrator(queries, principal)
        if (found === undefined) throw unknownUser(name)
        await queries.update(users).set({ password }).where(eq(users.id, found.id))
        await queries.delete(sessions).where(eq(sessions.user, found.id))
        await revoke(queries)
        await audit(queries, principal, 'user.password', name)
      }),

    find: (name) =>
      database.run(async (queries) => {
        const [row] = await queries.select().from(users).where(eq(users.name, name))
        return row
      }),
  }
}

export function sessionRepository(database: Database): SessionRepository {
  return {
    begin: (user, token, expiresAt) =>
      database.transaction(async (queries) => {
        await queries.delete(sessions).where(lt(sessions.expiresAt, sql`now()`))
        const [row] = await queries
          .insert(sessions)
          .values({ user, expiresAt })
          .returning({ id: sessions.id })
        if (row === undefined) throw new ChatbotError('internal', 'The new session has no id.')
        await queries.insert(refreshTokens).values({ hash: token, session: row.id })
        return row.id
      }),

    exchange: (token, next) =>
      database.transaction(async (queries) => {
        const owner = { session: sessions.id, user: { id: users.id, name: users.name } }
        const [found] = await queries
          .select(owner)
          .from(refreshTokens)
          .innerJoin(sessions, eq(sessions.id, refreshTokens.session))
          .innerJoin(users, eq(users.id, sessions.user))
          .where(and(eq(refreshTokens.hash, token), gt(sessions.expiresAt, sql`now()`)))
        if (found === undefined) return { kind: 'unknown' }
        // If two requests use one token at once, the second waits here and then finds it used.
        const used = await queries
          .update(refreshTokens)
          .set({ usedAt: sql`now()` })
          .where(and(eq(refreshTokens.hash, token), isNull(refreshTokens.usedAt)))
        if ((used.rowCount ?? 0) === 0) {
          await queries.delete(sessions).where(eq(sessions.id, found.session))
          await revoke(queries)
          return { kind: 'reused', user: found.user }
        }
        await queries.insert(refreshTokens).values({ hash: next, session: found.session })
        return { kind: 'exchanged', ...found }
      }),

    find: (session) =>
      database.run(async (queries) => {
        const [row] = await queries
          .select({ id: users.id, name: users.name })
          .from(sessions)
          .innerJoin(users, eq(users.id, sessions.user))
          .where(and(eq(sessions.id, session), gt(sessions.expiresAt, sql`now()`)))
        return row
      }),

    end: (session) =>
      database.transaction(async (queries) => {
        await queries.delete(sessions).where(eq(sessions.id, session))
        await revoke(queries)
      }),
  }
}
