import { and, eq, getTableColumns, sql } from 'drizzle-orm'
import { answers } from '../../drizzle/schema.ts'
import type { Answer, Citation } from '../domain/answer.ts'
import type { Principal } from '../domain/principal.ts'
import type { Queries } from './database.ts'

type AnswerRow = typeof answers.$inferSelect

/** `lapsed`: by the database's clock, the one that all daemons share. */
export async function findAnswer(
  queries: Queries,
  principal: Principal,
  id: string,
): Promise<(AnswerRow & { lapsed: boolean }) | undefined> {
  const [row] = await queries
    .select({ ...getTableColumns(answers), lapsed: sql<boolean>`${answers.leaseUntil} < now()` })
    .from(answers)
    .where(and(eq(answers.principal, principal.id), eq(answers.id, id)))
  return row
}

/** Of a row in the state `complete`. */
export function toAnswer(row: AnswerRow, citations: readonly Citation[]): Answer {
  const { id, conversation, question, text, refused, generator, language, timings, warnings } = row
  const answer = { id, conversation, question, text, refused, generator, language, timings, warnings }
  const searched = row.searched === null ? {} : { searched: row.searched }
  const usage = row.usage === null ? {} : { usage: row.usage }
  return { ...answer, ...searched, ...usage, cached: row.cached ?? false, citations }
}
