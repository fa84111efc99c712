import { and, eq, ne, type SQL, sql } from 'drizzle-orm'
import { answers, messages } from '../../../drizzle/schema.ts'
import type { Answer, Position } from '../../domain/answer.ts'
import { withRefused } from '../../domain/certainty.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { Principal } from '../../domain/principal.ts'
import type { AnswerRepository, LapsedAnswers, QuestionVector } from '../../ports/store/answers.ts'
import type { AnswerSource } from '../../ports/store/cached-answers.ts'
import { mayReadAllAs, subjectsOf } from '../accounts/rights.ts'
import { type Database, type Queries, statement } from '../database/database.ts'
import { findAnswer, isLapsed, leaseEnd, standingOf, toAnswer } from './answer-rows.ts'
import { begin, beginNew } from './asks.ts'
import { isCurrent, isKept } from './cached-answers.ts'
import { INSERT_CITATIONS, readCitations } from './citations.ts'
import { afterLoss, endsWithLoss, GIVEN_UP, NOBODY } from './lost-attempts.ts'
import { say } from './messages.ts'

export function answerRepository(database: Database): AnswerRepository {
  return {
    begin: (principal, ask) => begin(database, principal, ask),
    beginRemembered: (principal, ask, remembered) => beginNew(database, principal, ask, remembered),

    complete: (principal, position, answer, questionVector, from) =>
      complete(database, { principal, position, answer, questionVector, from }),

    end: (principal, id, { epoch, seq }, state, error, text) =>
      database.transaction(async (queries) => {
        const ended = await finish(queries, principal, id, epoch, {
          state,
          text,
          lastSeq: seq,
          // An interrupted ask may start again.
          ...(state === 'interrupted' ? {} : { request: null }),
          errorCode: error.code,
          errorMessage: error.message,
        })
        if (ended === undefined) return false
        // So it is not in the messages yet.
        if (state !== 'interrupted') await say(queries, principal.id, id, ended, text)
        return true
      }),

    renew: ({ owner, forMs }, attempts) =>
      database.run((queries) =>
        queries
          .update(answers)
          .set({ leaseUntil: leaseEnd(forMs) })
          .where(
            and(
              isRunning,
              eq(answers.leaseOwner, owner),
              sql`(${answers.principal}, ${answers.id}, ${answers.epoch}) IN (
                SELECT principal, id, epoch
                FROM jsonb_to_recordset(${JSON.stringify(attempts)}::jsonb) AS a(principal text, id text, epoch int))`,
            ),
          )
          .returning({
            principal: answers.principal,
            id: answers.id,
            epoch: answers.epoch,
            cancelling: answers.cancelling,
          }),
      ),

    release: async (principal, id, epoch) => {
      await database.run((queries) =>
        queries
          .update(answers)
          .set({ leaseOwner: NOBODY, leaseUntil: leaseEnd(-1) })
          .where(and(isOf(principal, id), eq(answers.epoch, epoch), isRunning)),
      )
    },

    takeLapsed: (lease, most) => database.transaction((queries) => takeLapsed(queries, lease, most)),

    interruptOthers: (owner) =>
      database.transaction(async (queries) => {
        const rows = await queries
          .update(answers)
          .set({
            ...afterLoss(sql`'interrupted'`),
            // An end is an event of the next epoch: nobody knows the number of the lost attempt's last one.
            epoch: sql`${answers.epoch} + ${endsWithLoss}::int`,
          })
          .where(and(isRunning, ne(answers.leaseOwner, owner)))
          .returning(LOST)
        return {
          interrupted: rows.filter(({ state }) => state === 'interrupted').length,
          givenUp: await sayEnded(queries, rows),
        }
      }),

    requestCancel: async (principal, id) => {
      const result = await database.run((queries) =>
        queries
          .update(answers)
          .set({ cancelling: true })
          .where(and(isOf(principal, id), isRunning)),
      )
      return (result.rowCount ?? 0) > 0
    },

    look: async (principal, id) => {
      const [row] = await database.run((queries) =>
        queries
          .select({ state: answers.state, epoch: answers.epoch, lapsed: isLapsed })
          .from(answers)
          .where(isOf(principal, id)),
      )
      return row
    },

    find: (principal, id) =>
      database.run(async (queries) => {
        const row = await findAnswer(queries, principal, id)
        return row && standingOf(queries, principal, row)
      }),

    get: (principal, id) =>
      database.run(async (queries) => {
        const row = await findAnswer(queries, principal, id)
        if (row === undefined) {
          throw new ChatbotError('unknown_answer', `There is no answer with the id "${id}".`)
        }
        const citations = (await readCitations(queries, principal, [id])).get(id) ?? []
        if (row.state !== 'complete') return { state: row.state, citations }
        return { state: row.state, answer: toAnswer(row, citations), citations }
      }),
  }
}

const isRunning = eq(answers.state, 'running')
const isOf = (principal: Principal, id: string) =>
  and(eq(answers.principal, principal.id), eq(answers.id, id))

/** The columns of a lost row. */
const LOST = {
  principal: answers.principal,
  id: answers.id,
  conversation: answers.conversation,
  question: answers.question,
  epoch: answers.epoch,
  request: answers.request,
  state: answers.state,
  errorCode: answers.errorCode,
}

type LostAnswer = Pick<
  typeof answers.$inferSelect,
  'principal' | 'id' | 'conversation' | 'question' | 'state' | 'errorCode'
>

/** Writes the messages of those that have ended for good; returns the ids of those given up. */
async function sayEnded(queries: Queries, rows: readonly LostAnswer[]): Promise<string[]> {
  const ended = rows.filter(({ state }) => state === 'cancelled' || state === 'failed')
  for (const row of ended) await say(queries, row.principal, row.id, row, '')
  return ended.filter(({ errorCode }) => errorCode === GIVEN_UP.errorCode).map(({ id }) => id)
}

async function takeLapsed(
  queries: Queries,
  { owner, forMs }: { owner: string; forMs: number },
  most: number,
): Promise<LapsedAnswers> {
  const lapsed = queries
    .$with('lapsed')
    .as(
      queries
        .select({ principal: answers.principal, id: answers.id })
        .from(answers)
        .where(and(isRunning, isLapsed))
        .orderBy(answers.leaseUntil)
        .limit(most)
        .for('update', { skipLocked: true }),
    )
  const rows = await queries
    .with(lapsed)
    .update(answers)
    .set({
      ...afterLoss(sql`CASE WHEN ${answers.request} IS NULL THEN 'interrupted' ELSE 'running' END`),
      epoch: sql`${answers.epoch} + 1`,
      leaseOwner: owner,
      leaseUntil: leaseEnd(forMs),
    })
    .from(lapsed)
    .where(and(eq(answers.principal, lapsed.principal), eq(answers.id, lapsed.id)))
    .returning(LOST)
  const taken = rows
    .filter(({ state }) => state === 'running')
    .map(({ principal, id, conversation, epoch, request }) => ({
      principal,
      id,
      conversation,
      epoch,
      request,
    }))
  return { taken, givenUp: await sayEnded(queries, rows) }
}

interface Completion {
  readonly principal: Principal
  readonly position: Position
  readonly answer: Answer
  readonly questionVector: QuestionVector | undefined
  readonly from: { readonly source: AnswerSource; readonly partition: string } | undefined
}

/** A single statement; returns false and writes nothing if the answer may not be stored. */
async function complete(
  database: Database,
  { principal, position, answer, questionVector, from }: Completion,
): Promise<boolean> {
  const { id, searched, text, certainty, refused, cached, generator, language, usage, timings, warnings } =
    withRefused(answer)
  const rows = await database.execute(
    from === undefined ? COMPLETE : principal.kind === 'local' ? COMPLETE_FROM_CACHE : COMPLETE_FROM_CACHE_AS,
    {
      principal: principal.id,
      id,
      ...position,
      searched: searched ?? null,
      text,
      certainty,
      refused,
      cached: cached === false ? null : JSON.stringify(cached),
      generator,
      language,
      usage: usage === undefined ? null : JSON.stringify(usage),
      timings: JSON.stringify(timings),
      warnings: JSON.stringify(warnings),
      citations: JSON.stringify(answer.citations),
      model: questionVector?.model ?? null,
      vector:
        questionVector === undefined ? null : messages.embedding.mapToDriverValue(questionVector.vector),
      subjects: subjectsOf(principal),
      sourcePrincipal: from?.source.principal,
      sourceAnswer: from?.source.answer,
      partition: from?.partition,
    },
  )
  return rows > 0
}

const { placeholder } = sql

/**
 * Not `isRunning`: to a cached plan the index of running answers looks cheaper than the key, but until the next
 * vacuum it is full of entries that have ended.
 */
const stillRuns = sql`state || '' = 'running'`

/** A row means that the answer was stored. */
const completion = (condition: SQL) =>
  statement(sql`
    WITH done AS (
      UPDATE answers SET state = 'complete', last_seq = ${placeholder('seq')}::int, searched = ${placeholder('searched')}, text = ${placeholder('text')},
        certainty = ${placeholder('certainty')}, refused = ${placeholder('refused')},
        cached = ${placeholder('cached')}::jsonb, generator = ${placeholder('generator')},
        language = ${placeholder('language')}, usage = ${placeholder('usage')}::jsonb,
        timings = ${placeholder('timings')}::jsonb, warnings = ${placeholder('warnings')}::jsonb, request = NULL
      WHERE principal = ${placeholder('principal')}::text AND id = ${placeholder('id')}::text
        AND epoch = ${placeholder('epoch')} AND ${stillRuns} AND ${condition}
      RETURNING principal, id, conversation_id, question, text),
    cited AS (${INSERT_CITATIONS}),
    said AS (
      INSERT INTO messages (conversation_id, principal, answer_id, role, text, model, embedding)
      SELECT conversation_id, principal, id, said.role, said.text, said.model, said.embedding FROM done, LATERAL (VALUES
        ('user', question, ${placeholder('model')}, ${placeholder('vector')}::vector),
        ('assistant', text, NULL, NULL)) AS said(role, text, model, embedding)
      ON CONFLICT DO NOTHING) -- an earlier version wrote the question's when it was asked
    SELECT FROM done`)

const offer = { principal: placeholder('sourcePrincipal'), answer: placeholder('sourceAnswer') }
const mayGive = sql`${isCurrent()} AND ${isKept(offer, placeholder('partition'))}`
const COMPLETE = completion(sql`true`)
const COMPLETE_FROM_CACHE = completion(mayGive)
const COMPLETE_FROM_CACHE_AS = completion(
  sql`${mayGive} AND ${mayReadAllAs(placeholder('subjects'), answers.collections)}`,
)

type NewState = Partial<typeof answers.$inferInsert>

/** Ends the attempt and returns its row; undefined if another attempt owns it, or none any more. */
async function finish(
  queries: Queries,
  principal: Principal,
  id: string,
  epoch: number,
  outcome: NewState,
): Promise<{ conversation: string; question: string } | undefined> {
  const [row] = await queries
    .update(answers)
    .set(outcome)
    .where(and(isOf(principal, id), eq(answers.epoch, epoch), isRunning))
    .returning({ conversation: answers.conversation, question: answers.question })
  return row
}
