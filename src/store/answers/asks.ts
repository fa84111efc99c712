/** The begin of an ask: the durable row that exists before the ask is accepted. */
import { createHash, randomUUID } from 'node:crypto'
import { and, eq, type SQL, type SQLChunk, sql } from 'drizzle-orm'
import { answers, conversations } from '../../../drizzle/schema.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { Principal } from '../../domain/principal.ts'
import type { Begun, NewAsk, Remembered, Started } from '../../ports/store/answers.ts'
import { subjectsOf } from '../accounts/rights.ts'
import { type Database, type Queries, statement } from '../database/database.ts'
import { isUuid } from '../database/uuid.ts'
import { isAsRemembered, rememberedAs } from '../documents/collections.ts'
import { ended, findAnswer, leaseEnd, standingOf } from './answer-rows.ts'
import { unknownConversation } from './conversations.ts'
import { afterLoss } from './lost-attempts.ts'
import { say } from './messages.ts'

/** AnswerRepository.begin. */
export async function begin(database: Database, principal: Principal, ask: NewAsk): Promise<Begun> {
  return (
    (await beginNew(database, principal, ask)) ??
    database.transaction((queries) => beginAgain(queries, principal, ask))
  )
}

/** AnswerRepository.beginRemembered, and the common case of `begin`, without remembered collections. */
export async function beginNew(
  database: Database,
  principal: Principal,
  ask: NewAsk,
  remembered?: Remembered,
): Promise<Started | undefined> {
  const { id, bodyHash, question, language, generator, lease, request, mostInFlight } = ask
  const conversation = ask.conversation ?? randomUUID()
  if (!isUuid(conversation)) return undefined
  const texts =
    remembered === undefined ? BEGIN : principal.kind === 'local' ? BEGIN_REMEMBERED : BEGIN_REMEMBERED_AS
  const text = ask.conversation === undefined ? texts.conversation : texts.turn
  const values = {
    conversation,
    principal: principal.id,
    id,
    bodyHash,
    question,
    title: titleOf(question),
    leaseOwner: lease.owner,
    leaseMs: lease.forMs,
    request: request === undefined ? null : JSON.stringify(request),
    collections: JSON.stringify(searchedBy(ask)),
    language,
    generator,
    subjects: subjectsOf(principal),
    names: remembered?.names ?? null,
    remembered: rememberedAs(ask.collections),
  }
  const begins = async (most: number | undefined, lock?: bigint) =>
    (await database.execute(text, { ...values, mostInFlight: most ?? null }, lock)) > 0
  const hasBegun =
    mostInFlight === undefined
      ? await begins(undefined)
      : (mostInFlight > MAX_CONCURRENT_BEGINS && (await begins(mostInFlight - MAX_CONCURRENT_BEGINS))) ||
        (await begins(mostInFlight, inFlightLock(principal)))
  return hasBegun ? { kind: 'started', conversation, epoch: 1 } : undefined
}

/** Margin below the limit within which concurrent asks of one asker need not wait for each other. */
const MAX_CONCURRENT_BEGINS = 64

/**
 * Counts unexpired leases, so that answers of a dead daemon count no longer than their lease. The lease is only a
 * filter: as an index condition it would make the plan read everybody's answers.
 */
const inFlight = (principal: SQLChunk) => sql`(
  SELECT count(*) FILTER (WHERE lease_until > now()) FROM answers
  WHERE principal = ${principal}::text AND state = 'running')`

const { placeholder } = sql

/** A row of `asked` means that the ask is new and has begun. */
const asked = (from: SQL, condition: SQL) => sql`asked AS (
  INSERT INTO answers (conversation_id, principal, id, body_hash, question, lease_owner, lease_until, request,
    collections, language, generator)
  SELECT ${placeholder('conversation')}::uuid, ${placeholder('principal')}::text, ${placeholder('id')}::text,
    ${placeholder('bodyHash')}::text, ${placeholder('question')}::text, ${placeholder('leaseOwner')}::text,
    ${leaseEnd(placeholder('leaseMs'))}, ${placeholder('request')}::jsonb, ${placeholder('collections')}::jsonb,
    ${placeholder('language')}::text, ${placeholder('generator')}::text
  ${from}
  WHERE (${placeholder('mostInFlight')}::int IS NULL OR ${placeholder('mostInFlight')}::int >
    ${inFlight(placeholder('principal'))}) AND ${condition}
  ON CONFLICT DO NOTHING RETURNING conversation_id)`

/** An ask that starts a conversation, and one that continues it. */
const begins = (condition: SQL) => ({
  conversation: statement(sql`
    WITH ${asked(sql``, condition)}, talk AS (
      INSERT INTO conversations (id, principal, title)
      SELECT conversation_id, ${placeholder('principal')}::text, ${placeholder('title')}::text FROM asked)
    SELECT FROM asked`),
  turn: statement(sql`
    WITH talk AS (
      UPDATE conversations SET updated_at = now()
      WHERE id = ${placeholder('conversation')}::uuid AND principal = ${placeholder('principal')}::text RETURNING 1),
    ${asked(sql`FROM talk`, condition)}
    SELECT FROM asked`),
})
const BEGIN = begins(sql`true`)
const BEGIN_REMEMBERED = begins(isAsRemembered(true))
const BEGIN_REMEMBERED_AS = begins(isAsRemembered(false))

async function beginAgain(queries: Queries, principal: Principal, ask: NewAsk): Promise<Begun> {
  await oneAtATime(queries, principal, ask.id)
  const row = await findAnswer(queries, principal, ask.id, { lock: true })
  if (row === undefined) {
    await checkInFlight(queries, principal, ask)
    return start(queries, principal, ask)
  }
  if (row.bodyHash !== ask.bodyHash) {
    throw new ChatbotError('id_reused', `The id "${ask.id}" already belongs to another question.`)
  }
  const standing = await standingOf(queries, principal, row)
  if (standing.kind !== 'abandoned') return standing
  const { conversation, epoch } = standing
  if (row.state === 'interrupted') return takeOver(queries, principal, ask, conversation, epoch + 1)
  if (!ask.mayTakeOver) return { kind: 'running', conversation, epoch }
  const lost = await lose(queries, row)
  return lost.state === 'interrupted'
    ? takeOver(queries, principal, ask, conversation, lost.epoch)
    : ended(lost, lost.state === 'cancelled' ? 'cancelled' : 'failed')
}

type AnswerRow = typeof answers.$inferSelect

/** Decides the outcome of a locked row whose daemon is gone. */
async function lose(queries: Queries, { principal, id, ...before }: AnswerRow): Promise<AnswerRow> {
  const [row] = await queries
    .update(answers)
    .set({ ...afterLoss(sql`'interrupted'`), epoch: before.epoch + 1, request: null })
    .where(and(eq(answers.principal, principal), eq(answers.id, id)))
    .returning()
  if (row === undefined) throw new ChatbotError('internal', 'An answer vanished while it was locked.')
  if (row.state !== 'interrupted') await say(queries, principal, id, row, '')
  return row
}

/** Serialises asks with the same id; the lock ends with the transaction. */
const oneAtATime = (queries: Queries, principal: Principal, id: string): Promise<void> =>
  lock(queries, lockNumber(principal.id, id))

const lockNumber = (...name: readonly string[]): bigint =>
  createHash('sha256').update(JSON.stringify(name)).digest().readBigInt64LE()

async function lock(queries: Queries, number: bigint): Promise<void> {
  await queries.execute(sql`SELECT pg_advisory_xact_lock(${number})`)
}

const inFlightLock = (principal: Principal) => lockNumber('in flight', principal.id)

async function checkInFlight(
  queries: Queries,
  principal: Principal,
  { mostInFlight }: NewAsk,
): Promise<void> {
  if (mostInFlight === undefined) return
  await lock(queries, inFlightLock(principal))
  const { rows } = await queries.execute(
    sql`SELECT ${inFlight(principal.id)} < ${mostInFlight}::int AS allowed`,
  )
  if (rows[0]?.allowed === true) return
  throw new ChatbotError(
    'rate_limited',
    `You may have ${mostInFlight} answers in flight at once. Wait for one to finish.`,
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
  return { kind: 'started', conversation, epoch: 1 }
}

/** Starts the next attempt at an ask whose daemon is gone; the new epoch fences off the old daemon's writes. */
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

function attempt(ask: NewAsk) {
  const { lease, language, generator, request } = ask
  return {
    leaseOwner: lease.owner,
    leaseUntil: leaseEnd(lease.forMs),
    request: request ?? null,
    cancelling: false,
    lastSeq: null,
    collections: searchedBy(ask),
    language,
    generator,
    errorCode: null,
    errorMessage: null,
  }
}

const searchedBy = ({ collections }: NewAsk) =>
  collections.map(({ id, name, revision }) => ({ id, name, revision }))

const TITLE_CHARACTERS = 80

async function newConversation(queries: Queries, principal: Principal, question: string): Promise<string> {
  const [row] = await queries
    .insert(conversations)
    .values({ principal: principal.id, title: titleOf(question) })
    .returning({ id: conversations.id })
  if (row === undefined) throw new ChatbotError('internal', 'The new conversation has no id.')
  return row.id
}

function titleOf(question: string): string {
  const words = question.trim().replace(/\s+/g, ' ')
  const characters = Array.from(words.slice(0, 2 * TITLE_CHARACTERS))
  return characters.length > TITLE_CHARACTERS
    ? `${characters.slice(0, TITLE_CHARACTERS - 1).join('')}…`
    : words
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
