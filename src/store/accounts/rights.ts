/** Rights as conditions of the statements that read and write: a revoked right is gone with the next statement. */
import { type SQL, type SQLChunk, type SQLWrapper, sql } from 'drizzle-orm'
import { collections } from '../../../drizzle/schema.ts'
import { ChatbotError } from '../../domain/errors.ts'
import { type Principal, type Role, rolesFrom } from '../../domain/principal.ts'
import type { Queries } from '../database/database.ts'

/** Whether the principal has this role, or a higher one, on the collection with this id. */
export const may = (
  principal: Principal,
  role: Role,
  collection: SQLWrapper = collections.id,
): SQL<boolean> =>
  principal.kind === 'local' ? sql<boolean>`true` : mayAs(sql.param(subjectsOf(principal)), role, collection)

/** `subjects`: the result of `subjectsOf`. */
export function mayAs(subjects: SQLChunk, role: Role, collection: SQLWrapper = collections.id): SQL<boolean> {
  return sql<boolean>`EXISTS (SELECT 1 FROM grants AS held
    WHERE ${isHeld(subjects, role)} AND (held.collection_id IS NULL OR held.collection_id = ${collection}))`
}

/** Whether the principal has this role on all collections, including future ones. */
export async function mayEverywhere(queries: Queries, principal: Principal, role: Role): Promise<boolean> {
  if (principal.kind === 'local') return true
  const { rows } = await queries.execute(sql`
    SELECT 1 FROM grants AS held WHERE ${isHeld(sql.param(subjectsOf(principal)), role)} AND held.collection_id IS NULL LIMIT 1`)
  return rows.length > 0
}

/** Throws `forbidden` unless the principal administers the installation. */
export async function requireAdministrator(queries: Queries, principal: Principal): Promise<void> {
  if (await mayEverywhere(queries, principal, 'admin')) return
  throw new ChatbotError(
    'forbidden',
    'Only an administrator of all collections may do this. Ask one, or use an administrator’s key.',
  )
}

export const tooLittle = (role: Role, collection: string): ChatbotError =>
  new ChatbotError(
    'forbidden',
    `That needs the role ${role} on the collection "${collection}". Its administrator can grant it: chatbot grants add`,
  )

/** JSON: whether everything that an answer searched, recorded there by id, is still readable or gone. */
export const mayReadAll = (principal: Principal, searched: SQLWrapper): SQL<boolean> =>
  principal.kind === 'local' ? sql<boolean>`true` : mayReadAllAs(sql.param(subjectsOf(principal)), searched)

/** `subjects`: the result of `subjectsOf`. */
export function mayReadAllAs(subjects: SQLChunk, searched: SQLWrapper): SQL<boolean> {
  return sql<boolean>`NOT EXISTS (SELECT 1 FROM jsonb_to_recordset(${searched}) AS part(id uuid)
    WHERE NOT EXISTS (SELECT 1 FROM grants AS held
      WHERE ${isHeld(subjects, 'reader')} AND (held.collection_id IS NULL OR held.collection_id = part.id)))`
}

/** The subjects whose grants apply to a principal: itself and its groups. */
export const subjectsOf = (principal: Principal): readonly string[] =>
  principal.kind === 'oidc' ? [principal.id, ...principal.groups] : [principal.id]

function isHeld(subjects: SQLChunk, role: Role): SQL {
  return sql`held.subject = ANY(${subjects}::text[])
    AND held.role = ANY(${sql.param([...rolesFrom(role)])}::text[])`
}
