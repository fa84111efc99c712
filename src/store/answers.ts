import { and, eq, ne, type SQL, sql } from 'drizzle-orm'
import { answers, conversations, messages } from '../../drizzle/schema.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Principal } from '../domain/principal.ts'
import { findAnswer, isLapsed, leaseEnd, toAnswer } from './answer-rows.ts'
import { begin } from './asks.ts'
import { isCurrent, isKept, markUsed } from './cached-answers.ts'
import { readCitations, writeCitations } from './citations.ts'
import type { Database, Queries } from './database.ts'
import { mayReadAll } from './rights.ts'
import type { AnswerRepository, TakenAnswer } from './store.ts'

export function answerRepository(database: Database): AnswerRepository {
  return {
    begin: (principal, ask) => database.transaction((queries) => begin(queries, principal, ask)),

    complete: (principal, epoch, answer, questionVector, from) =>
      database.transaction(async (queries) => {
        const { searched, text, refused, generator, language, usage, timings, warnings } = answer
        const mayGive =
          from === undefined
            ? undefined
            : and(
                isCurrent(),
                mayReadAll(principal, answers.collections),
                isKept(queries, from.source, from.partition),
              )
        const outcome: NewState = {
          state: 'complete',
          searched,
          text,
          refused,
          cached: answer.cached === false ? null : answer.cached,
          generator,
          language,
          usage,
          timings,
          warnings,
        }
        const conversation = await finish(queries, principal, answer.id, epoch, outcome, mayGive)
        if (conversation === undefined) return false
        if (from !== undefined) await markUsed(queries, from.source)
        await writeCitations(queries, principal, answer.id, answer.citations)
        await writeReply(queries, principal, answer.id, conversation, text)
        if (questionVector !== undefined) {
          await queries
            .update(messages)
            .set({ model: questionVector.model, embedding: questionVector.vector })
            .where(
              and(
                eq(messages.principal, principal.id),
                eq(messages.answer, answer.id),
                eq(messages.role, 'user'),
              ),
            )
        }
        return true
      }),

    end: (principal, id, epoch, state, error, text) =>
      database.transaction(async (queries) => {
        const conversation = await finish(queries, principal, id, epoch, {
          state,
          text,
          errorCode: error.code,
          errorMessage: error.message,
        })
        if (conversation === undefined) return false
        if (text !== '') await writeReply(queries, principal, id, conversation, text)
        return true
      }),

    renew: ({ owner, forMs }) =>
      database.run((queries) =>
        queries
          .update(answers)
          .set({ leaseUntil: leaseEnd(forMs) })
          .where(and(isRunning, eq(answers.leaseOwner, owner)))
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
          .set({ leaseUntil: leaseEnd(-1) })
          .where(and(isOf(principal, id), eq(answers.epoch, epoch), isRunning)),
      )
    },

    takeLapsed: (lease, most) => database.run((queries) => takeLapsed(queries, lease, most)),

    interruptOthers: async (owner) => {
      const result = await database.run((queries) =>
        queries
          .update(answers)
          .set({ state: 'interrupted', request: null })
          .where(and(isRunning, ne(answers.leaseOwner, owner))),
      )
      return result.rowCount ?? 0
    },

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

/** Attempts at one answer before it is left: it may be what ends the daemons. */
const MOST_ATTEMPTS = 3

async function takeLapsed(
  queries: Queries,
  { owner, forMs }: { owner: string; forMs: number },
  most: number,
): Promise<TakenAnswer[]> {
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
  const taken = await queries
    .with(lapsed)
    .update(answers)
    .set({
      epoch: sql`${answers.epoch} + 1`,
      leaseOwner: owner,
      leaseUntil: leaseEnd(forMs),
      state: sql`CASE WHEN ${answers.cancelling} THEN 'cancelled'
        WHEN ${answers.request} IS NULL OR ${answers.epoch} >= ${MOST_ATTEMPTS} THEN 'interrupted'
        ELSE 'running' END`,
      errorCode: sql`CASE WHEN ${answers.cancelling} THEN 'cancelled' END`,
      errorMessage: sql`CASE WHEN ${answers.cancelling} THEN 'The answer was cancelled.' END`,
    })
    .from(lapsed)
    .where(and(eq(answers.principal, lapsed.principal), eq(answers.id, lapsed.id)))
    .returning({
      principal: answers.principal,
      id: answers.id,
      conversation: answers.conversation,
      epoch: answers.epoch,
      request: answers.request,
      state: answers.state,
    })
  return taken.filter(({ state }) => state === 'running').map(({ state: _, ...answer }) => answer)
}

type NewState = Partial<typeof answers.$inferInsert>

/** Ends the attempt, and gives its conversation; undefined when another attempt owns the row, or none any more. */
async function finish(
  queries: Queries,
  principal: Principal,
  id: string,
  epoch: number,
  outcome: NewState,
  condition?: SQL,
): Promise<string | undefined> {
  const [row] = await queries
    .update(answers)
    .set({ ...outcome, request: null })
    .where(
      and(
        eq(answers.principal, principal.id),
        eq(answers.id, id),
        eq(answers.epoch, epoch),
        eq(answers.state, 'running'),
        condition,
      ),
    )
    .returning({ conversation: answers.conversation })
  return row?.conversation
}

async function writeReply(
  queries: Queries,
  principal: Principal,
  answer: string,
  conversation: string,
  text: string,
): Promise<void> {
  await queries
    .insert(messages)
    .values({ conversation, principal: principal.id, answer, role: 'assistant', text })
  await queries.update(conversations).set({ updatedAt: sql`now()` }).where(eq(conversations.id, conversation))
}
