import { and, count, desc, eq } from 'drizzle-orm'
import { answers, conversations } from '../../../drizzle/schema.ts'
import type { ConversationSummary } from '../../domain/answer.ts'
import { withCertainty } from '../../domain/certainty.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { Principal } from '../../domain/principal.ts'
import type { ConversationRepository } from '../../ports/store/conversations.ts'
import { mayReadAll } from '../accounts/rights.ts'
import type { Database, Queries } from '../database/database.ts'
import { isUuid } from '../database/uuid.ts'
import { readCitations } from './citations.ts'

export function conversationRepository(database: Database): ConversationRepository {
  return {
    list: (principal, limit) =>
      database.run((queries) =>
        summaries(queries)
          .where(eq(conversations.principal, principal.id))
          .orderBy(desc(conversations.updatedAt), desc(conversations.id))
          .limit(limit),
      ),

    turns: (principal, id, limit) =>
      database.run(async (queries) => {
        const conversation = await findConversation(queries, principal, id)
        const rows = await queries
          .select({
            id: answers.id,
            question: answers.question,
            searched: answers.searched,
            state: answers.state,
            text: answers.text,
            certainty: answers.certainty,
            refused: answers.refused,
            askedAt: answers.askedAt,
            readable: mayReadAll(principal, answers.collections),
          })
          .from(answers)
          .where(eq(answers.conversation, id))
          .orderBy(desc(answers.askedAt), desc(answers.id))
          .limit(limit)
        const citations = await readCitations(
          queries,
          principal,
          rows.map((row) => row.id),
        )
        const turns = rows
          .map(({ searched, readable, ...row }) => ({
            ...withCertainty(row),
            searched: searched ?? undefined,
            ...(readable ? { citations: citations.get(row.id) ?? [] } : { text: WITHHELD, citations: [] }),
          }))
          .reverse()
        return { conversation, turns }
      }),

    remove: (principal, id) =>
      database.transaction(async (queries) => {
        await findConversation(queries, principal, id)
        await queries.delete(conversations).where(eq(conversations.id, id))
      }),
  }
}

/** Replaces the text of an answer that may no longer be read. */
const WITHHELD = 'You may no longer read the documents that this answer was made from.'

export function unknownConversation(id: string): ChatbotError {
  return new ChatbotError(
    'unknown_conversation',
    `There is no conversation "${id}". \`chatbot conversations list\` shows yours.`,
  )
}

async function findConversation(
  queries: Queries,
  principal: Principal,
  id: string,
): Promise<ConversationSummary> {
  if (!isUuid(id)) throw unknownConversation(id)
  const [row] = await summaries(queries).where(
    and(eq(conversations.id, id), eq(conversations.principal, principal.id)),
  )
  if (row === undefined) throw unknownConversation(id)
  return row
}

function summaries(queries: Queries) {
  return queries
    .select({
      id: conversations.id,
      title: conversations.title,
      turns: count(answers.id),
      createdAt: conversations.createdAt,
      updatedAt: conversations.updatedAt,
    })
    .from(conversations)
    .leftJoin(answers, eq(answers.conversation, conversations.id))
    .groupBy(conversations.id)
    .$dynamic()
}
