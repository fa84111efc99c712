/** How an ask begins: the durable row that exists before the ask is accepted. */
import { and, count, eq, gt, sql } from 'drizzle-orm'
import { answers, conversations, messages } from '../../drizzle/schema.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Principal } from '../domain/principal.ts'
import { findAnswer, leaseEnd, toAnswer } from './answer-rows.ts'
import { readCitations } from './citations.ts'
import { unknownConversation } from './conversations.ts'
import type { Queries } from './database.ts'
import type { Begun, NewAsk } from './store.ts'
import { isUuid } from './uuid.ts'

/** The statements of AnswerRepository.begin, in the caller's transaction. */
export async function begin(queries: Queries, principal: Principal, ask: NewAsk): Promise<Begun> {
  await oneAtATime(queries, principal, ask.id)
  const row = await findAnswer(queries, principal, ask.id, { lock: true })
  if (row === undefined) {
    await checkInFlight(queries, principal, ask)
    return start(queries, principal, ask)
  }
  if (row.bodyHash !== ask.bodyHash) {
    throw new ChatbotError('id_reused', `The id "${ask.id}" already belongs to another question.`)
  }
  const { conversation, epoch } = row
  switch (row.state) {
    case 'complete': {
      const citations = await readCitations(queries, principal, [row.id])
      return {
        kind: 'finished',
        conversation,
        epoch,
        answer: toAnswer(row, citations.get(row.id) ?? []),
      }
    }
    case 'failed':
    case 'cancelled':
      return {
        kind: 'ended',
        conversation,
        epoch,
        state: row.state,
        errorCode: row.errorCode ?? 'internal',
        errorMessage: row.errorMessage ?? '',
      }
    case 'running':
      if (!row.lapsed) return { kind: 'running', conversation, epoch, owner: row.leaseOwner }
      return takeOver(queries, principal, ask, conversation, epoch + 1)
    case 'interrupted':
      return takeOver(queries, principal, ask, conversation, epoch + 1)
  }
}

/** Two asks of one id wait for each other here; the lock goes with the transaction. */
async function oneAtATime(queries: Queries, principal: Principal, id: string): Promise<void> {
  const key = JSON.stringify([principal.id, id])
  await queries.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${key}, 0))`)
}

/** Counted from the leases, so that those of a daemon that is gone count no longer than their lease. */
async function checkInFlight(
  queries: Queries,
  principal: Principal,
  { mostInFlight }: NewAsk,
): Promise<void> {
  if (mostInFlight === undefined) return
  const key = JSON.stringify(['in flight', principal.id])
  await queries.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${key}, 0))`)
  const [row] = await queries
    .select({ running: count() })
    .from(answers)
    .where(
      and(
        eq(answers.principal, principal.id),
        eq(answers.state, 'running'),
        gt(answers.leaseUntil, sql`now()`),
      ),
    )
  if ((row?.running ?? 0) < mostInFlight) return
  throw new ChatbotError(
    'rate_limited',
    `You may have ${mostInFlight} answers in flight at once. Wait for one to end.`,
    { retryAfterMs: 1000 },
  )
}

async function start(queries: Queries, principal: Principal, ask: NewAsk): Promise<Begun> {
  const conversation =
    ask.conversation === undefined
      ? await newConversation(queries, principal, ask.question)
      : await continueConversation(queries, principal, ask.conversation)
  const { id, bodyHash, question } = ask
  await queries
    .insert(answers)
    .values({ id, principal: principal.id, conversation, bodyHash, question, ...attempt(ask) })
  await queries
    .insert(messages)
    .values({ conversation, principal: principal.id, answer: id, role: 'user', text: question })
  return { kind: 'started', conversation, epoch: 1 }
}

/** The next attempt at an ask whose daemon is gone: whatever that daemon still writes has an old epoch. */
async function takeOver(
  queries: Queries,
  principal: Principal,
  ask: NewAsk,
  conversation: string,
  epoch: number,
): Promise<Begun> {
  await queries
    .update(answers)
    .set({ state: 'running', epoch, ...attempt(ask) })
    .where(and(eq(answers.principal, principal.id), eq(answers.id, ask.id)))
  return { kind: 'started', conversation, epoch }
}

function attempt({ lease, collections, language, generator, request }: NewAsk) {
  return {
    leaseOwner: lease.owner,
    leaseUntil: leaseEnd(lease.forMs),
    request,
    cancelling: false,
    collections: collections.map(({ id, name, revision }) => ({ id, name, revision })),
    language,
    generator,
    errorCode: null,
    errorMessage: null,
  }
}

const TITLE_LENGTH = 80

async function newConversation(queries: Queries, principal: Principal, question: string): Promise<string> {
  const words = question.trim().replace(/\s+/g, ' ')
  const characters = Array.from(words.slice(0, 2 * TITLE_LENGTH))
  const title =
    characters.length > TITLE_LENGTH ? `${characters.slice(0, TITLE_LENGTH - 1).join('')}…` : words
  const [row] = await queries
    .insert(conversations)
    .values({ principal: principal.id, title })
    .returning({ id: conversations.id })
  if (row === undefined) throw new ChatbotError('internal', 'The new conversation has no id.')
  return row.id
}

async function continueConversation(queries: Queries, principal: Principal, id: string): Promise<string> {
  if (!isUuid(id)) throw unknownConversation(id)
  const [row] = await queries
    .update(conversations)
    .set({ updatedAt: sql`now()` })
    .where(and(eq(conversations.id, id), eq(conversations.principal, principal.id)))
    .returning({ id: conversations.id })
  if (row === undefined) throw unknownConversation(id)
  return row.id
}
