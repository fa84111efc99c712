/** What ends daemon after daemon is not tried for ever: how often an ask was lost, and when it is given up. */
import { type SQL, sql } from 'drizzle-orm'
import { answers } from '../../../drizzle/schema.ts'
import type { ErrorCode } from '../../domain/errors.ts'

/** Owner of the lease of an answer that its daemon has handed over. */
export const NOBODY = ''

/** Lost attempts after which an answer is given up. */
const MAX_LOST_ATTEMPTS = 2

export const GIVEN_UP = {
  errorCode: 'given_up',
  errorMessage: `The daemon died or was stuck ${MAX_LOST_ATTEMPTS} times while it worked on this answer, so it is not tried again. If something else was the cause, ask the question once more as a new one.`,
} as const satisfies { errorCode: ErrorCode; errorMessage: string }

/** Of a row whose attempt does not run any more, although the row says so; one that was handed over is not lost. */
const lostAttempts = sql<number>`${answers.lostAttempts} + (${answers.leaseOwner} <> ${NOBODY}::text)::int`

/** What becomes of such a row: `otherwise`, unless its asker has cancelled it or it is given up. */
export function afterLoss(otherwise: SQL) {
  const byFate = (cancelled: string | null, givenUp: string | null, other: SQL) =>
    sql`CASE WHEN ${answers.cancelling} THEN ${cancelled}::text
      WHEN ${lostAttempts} >= ${MAX_LOST_ATTEMPTS}::int THEN ${givenUp}::text ELSE ${other} END`
  return {
    lostAttempts,
    state: byFate('cancelled', 'failed', otherwise),
    errorCode: byFate('cancelled', GIVEN_UP.errorCode, sql`NULL`),
    errorMessage: byFate('The answer was cancelled.', GIVEN_UP.errorMessage, sql`NULL`),
  }
}
