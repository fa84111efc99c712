import { and, eq, getTableColumns, type Placeholder, type SQL, sql } from 'drizzle-orm'
import { answers } from '../../../drizzle/schema.ts'
import type { Answer, Citation } from '../../domain/answer.ts'
import { certaintyOf } from '../../domain/certainty.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { Principal } from '../../domain/principal.ts'
import type { Abandoned, Standing } from '../../ports/store/answers.ts'
import { mayReadAll } from '../accounts/rights.ts'
import type { Queries } from '../database/database.ts'
import { readCitations } from './citations.ts'

type AnswerRow = typeof answers.$inferSelect

/** `lapsed`: by the database's clock, which all daemons share. `readable`: everything it searched still is. */
export async function findAnswer(
  queries: Queries,
  principal: Principal,
  id: string,
  { lock = false }: { readonly lock?: boolean } = {},
): Promise<FoundRow | undefined> {
  const found = queries
    .select({
      ...getTableColumns(answers),
      lapsed: isLapsed,
      readable: mayReadAll(principal, answers.collections),
    })
    .from(answers)
    .where(and(eq(answers.principal, principal.id), eq(answers.id, id)))
  const [row] = await (lock ? found.for('update') : found)
  return row
}

export const isLapsed = sql<boolean>`${answers.leaseUntil} < now()`

export const leaseEnd = (forMs: number | Placeholder): SQL =>
  sql`now() + ${forMs}::double precision * interval '1 millisecond'`

type FoundRow = AnswerRow & { readonly lapsed: boolean; readonly readable: boolean }

/** Where the answer of a row stands. Throws `forbidden` if it may no longer be read. */
export async function standingOf(
  queries: Queries,
  principal: Principal,
  row: FoundRow,
): Promise<Standing | Abandoned> {
  const { id, conversation, epoch, state, lapsed, request } = row
  switch (state) {
    case 'complete': {
      const citations = await readCitations(queries, principal, [id])
      const answer = toAnswer(row, citations.get(id) ?? [])
      return { kind: 'finished', conversation, epoch, seq: lastSeqOf(row), answer }
    }
    case 'failed':
    case 'cancelled':
      return ended(row, state)
    case 'running':
      return lapsed
        ? { kind: 'abandoned', conversation, epoch, request }
        : { kind: 'running', conversation, epoch }
    case 'interrupted':
      return { kind: 'abandoned', conversation, epoch, request }
  }
}

export const ended = (
  row: AnswerRow,
  state: 'failed' | 'cancelled',
): Extract<Standing, { kind: 'ended' }> => ({
  kind: 'ended',
  conversation: row.conversation,
  epoch: row.epoch,
  seq: lastSeqOf(row),
  state,
  text: row.text,
  errorCode: row.errorCode ?? 'internal',
  errorMessage: row.errorMessage ?? '',
})

/** What an earlier version ended has no number. */
const lastSeqOf = ({ lastSeq }: AnswerRow): number => lastSeq ?? 0

/** For a row in the state `complete`; throws `forbidden` if it is no longer readable. */
export function toAnswer(row: AnswerRow & { readable: boolean }, citations: readonly Citation[]): Answer {
  if (!row.readable) {
    throw new ChatbotError(
      'forbidden',
      'You may no longer read the documents that this answer was made from.',
    )
  }
  const { id, conversation, question, text, generator, language, timings, warnings } = row
  return {
    id,
    conversation,
    question,
    searched: row.searched ?? undefined,
    text,
    certainty: certaintyOf(row),
    generator,
    language,
    timings,
    warnings,
    usage: row.usage ?? undefined,
    cached: row.cached ?? false,
    citations,
  }
}
