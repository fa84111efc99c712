import { and, eq, lt, ne, type SQL, sql } from 'drizzle-orm'
import { answers, conversations, messages } from '../../drizzle/schema.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Principal } from '../domain/principal.ts'
import { findAnswer, toAnswer } from './answer-rows.ts'
import { begin } from './asks.ts'
import { isCurrent, isKept, markUsed } from './cached-answers.ts'
import { readCitations, writeCitations } from './citations.ts'
import type { Database, Queries } from './database.ts'
import type { AnswerRepository } from './store.ts'

export function answerRepository(database: Database): AnswerRepository {
  return {
    begin: (principal, ask) => database.transaction((queries) => begin(queries, principal, ask)),

    complete: (principal, epoch, answer, questionVector, from) =>
      database.transaction(async (queries) => {
        const { searched, text, refused, generator, language, usage, timings, warnings } = answer
        const mayGive =
          from === undefined ? undefined : and(isCurrent(), isKept(queries, from.source, from.partition))
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

    renew: async (owner, until) => {
      await database.run((queries) =>
        queries
          .update(answers)
          .set({ leaseUntil: until })
          .where(and(eq(answers.state, 'running'), eq(answers.leaseOwner, owner))),
      )
    },

    interruptLapsed: async (owner, now, alone) => {
      const result = await database.run((queries) =>
        queries
          .update(answers)
          .set({ state: 'interrupted' })
          .where(
            and(
              eq(answers.state, 'running'),
              // Never its own: after the machine slept, its renewal may only be late.
              ne(answers.leaseOwner, owner),
              alone ? undefined : lt(answers.leaseUntil, now),
            ),
          ),
      )
      return result.rowCount ?? 0
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
    .set(outcome)
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
