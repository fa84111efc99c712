import { and, asc, between, eq, getTableColumns, type SQL } from 'drizzle-orm'
import { collections, documents } from '../../../drizzle/schema.ts'
import type { DocumentSummary } from '../../domain/document.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { Principal, Role } from '../../domain/principal.ts'
import { may, tooLittle } from '../accounts/rights.ts'
import type { Queries } from '../database/database.ts'
import { isUuid } from '../database/uuid.ts'

const { source: _, ...OWN } = getTableColumns(documents)

/** Columns of a DocumentSummary; the statement joins `collections`. */
export const SUMMARY = { ...OWN, collection: collections.name }

/**
 * Among documents that the principal can read: by id, else by uri, else by unique id prefix (≥ 4 hex digits).
 * Throws `forbidden` without this role on its collection.
 */
export async function findDocument(
  queries: Queries,
  principal: Principal,
  reference: string,
  role: Role = 'reader',
): Promise<DocumentSummary> {
  const conditions = [
    isUuid(reference) ? eq(documents.id, reference) : undefined,
    eq(documents.uri, reference),
    idPrefix(reference),
  ]
  for (const condition of conditions) {
    if (condition === undefined) continue
    const found = await select(queries, principal, role, condition)
    if (found.length > 1) throw ambiguous(reference, found)
    if (found[0] !== undefined) {
      const { allowed, ...document } = found[0]
      if (!allowed) throw tooLittle(role, document.collection)
      return document
    }
  }
  throw new ChatbotError(
    'unknown_document',
    `There is no document "${reference}". \`chatbot documents list\` shows those that exist.`,
  )
}

/** Matches listed for an ambiguous reference. */
const MAX_SHOWN = 5

function select(queries: Queries, principal: Principal, role: Role, condition: SQL) {
  return queries
    .select({ ...SUMMARY, allowed: may(principal, role) })
    .from(documents)
    .innerJoin(collections, eq(collections.id, documents.collection))
    .where(and(condition, may(principal, 'reader')))
    .orderBy(asc(documents.id))
    .limit(MAX_SHOWN)
}

/** A range of ids, because the primary key's index cannot search prefixes. */
function idPrefix(reference: string): SQL | undefined {
  const digits = reference.replaceAll('-', '').toLowerCase()
  if (!/^[0-9a-f]{4,31}$/.test(digits)) return undefined
  return and(between(documents.id, digits.padEnd(32, '0'), digits.padEnd(32, 'f')))
}

function ambiguous(reference: string, found: readonly DocumentSummary[]): ChatbotError {
  const choices = found.map((document) => `${document.id} (${document.collection}: ${document.uri})`)
  return new ChatbotError(
    'ambiguous_document',
    `"${reference}" matches several documents; use an id: ${choices.join(', ')}.`,
  )
}
