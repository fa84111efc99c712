import { and, asc, eq, inArray, type SQL, sql } from 'drizzle-orm'
import { citations } from '../../../drizzle/schema.ts'
import type { Citation } from '../../domain/answer.ts'
import type { Principal } from '../../domain/principal.ts'
import { batches } from '../database/batches.ts'
import type { Queries } from '../database/database.ts'

/** For a statement with a row `done` from `answers` and the placeholder `citations` as JSON. */
export const INSERT_CITATIONS: SQL = sql`
  INSERT INTO citations (principal, answer_id, position, number, document_id, uri, title, start_offset, end_offset, text,
    spans, heading, page, line, score)
  SELECT principal, id, position - 1, number, document, uri, title, start, "end", given.text, spans, heading, page, line,
    score
  FROM done, ROWS FROM (jsonb_to_recordset(${sql.placeholder('citations')}::jsonb) AS (number integer, document uuid,
    uri text, title text, start integer, "end" integer, text text, spans jsonb, heading text, page integer,
    line integer, score double precision)) WITH ORDINALITY AS given(number, document, uri, title, start, "end", text,
    spans, heading, page, line, score, position)`

/** The citations of these answers, by answer, in their order in the text. */
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
      const heading = row.heading ?? undefined
      const page = row.page ?? undefined
      const line = row.line ?? undefined
      const spans = row.spans ?? undefined
      const citation = { number, document, uri, title, heading, page, line, start, end, text, spans, score }
      byAnswer.get(answer)?.push(citation)
    }
  }
  return byAnswer
}
