/** Gives up asks that crash daemon after daemon: counts lost attempts and limits them. */
import { type SQL, sql } from 'drizzle-orm'
import { answers } from '../../../drizzle/schema.ts'
import type { ErrorCode } from '../../domain/errors.ts'

/** Lease owner of an answer that its daemon has handed over. */
export const NOBODY = ''

/** Lost attempts after which an answer is given up. */
const MAX_LOST_ATTEMPTS = 2

export const GIVEN_UP = {
  errorCode: 'given_up',
  errorMessage: `The daemon crashed or hung ${MAX_LOST_ATTEMPTS} times while it worked on this answer, so it is not retried. If the cause was something else, ask the question again as a new one.`,
} as const satisfies { errorCode: ErrorCode; errorMessage: string }

/** For a row marked as running whose attempt is gone; a hand-over does not count as lost. */
const lostAttempts = sql<number>`${answers.lostAttempts} + (${answers.leaseOwner} <> ${NOBODY}::text)::int`

/** Whether such a row ends, because it was cancelled or is given up. */
export const endsWithLoss = sql`(${answers.cancelling} OR ${lostAttempts} >= ${MAX_LOST_ATTEMPTS}::int)`

/** The outcome of such a row: `otherwise`, unless it was cancelled or is given up. */
export function afterLoss(otherwise: SQL) {
  const byFate = (cancelled: string | null, givenUp: string | null, other: SQL) =>
    sql`CASE WHEN ${answers.cancelling} THEN ${cancelled}::text
      WHEN ${lostAttempts} >= ${MAX_LOST_ATTEMPTS}::int THEN ${givenUp}::text ELSE ${other} END`
  return {
    lostAttempts,
    // Of its epoch, which nobody has written in.
    lastSeq: sql`CASE WHEN ${endsWithLoss} THEN 1 END`,
    state: byFate('cancelled', 'failed', otherwise),
    errorCode: byFate('cancelled', GIVEN_UP.errorCode, sql`NULL`),
    errorMessage: byFate('The answer was cancelled.', GIVEN_UP.errorMessage, sql`NULL`),
  }
}
