import { and, asc, eq, inArray } from 'drizzle-orm'
import { citations } from '../../drizzle/schema.ts'
import type { Citation } from '../domain/answer.ts'
import type { Principal } from '../domain/principal.ts'
import { batches } from './batches.ts'
import type { Queries } from './database.ts'
import { place } from './place.ts'

export async function writeCitations(
  queries: Queries,
  principal: Principal,
  answer: string,
  list: readonly Citation[],
): Promise<void> {
  const rows = list.map((citation, position) => ({
    ...citation,
    position,
    answer,
    principal: principal.id,
  }))
  for (const batch of batches(rows, (row) => row.text.length * 2)) {
    await queries.insert(citations).values(batch)
  }
}

/** The citations of these answers, by answer, in the order in which they were given. */
export async function readCitations(
  queries: Queries,
  principal: Pick<Principal, 'id'>,
  answers: readonly string[],
): Promise<Map<string, Citation[]>> {
  const byAnswer = new Map<string, Citation[]>(answers.map((id) => [id, []]))
  for (const batch of batches(answers)) {
    const rows = await queries
      .select()
      .from(citations)
      .where(and(eq(citations.principal, principal.id), inArray(citations.answer, batch)))
      .orderBy(asc(citations.answer), asc(citations.position))
    for (const row of rows) {
      const { answer, number, document, uri, title, start, end, text, score } = row
      byAnswer.get(answer)?.push({ number, document, uri, title, start, end, text, score, ...place(row) })
    }
  }
  return byAnswer
}
