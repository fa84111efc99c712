import { messages } from '../../../drizzle/schema.ts'
import type { Queries } from '../database/database.ts'

/** Writes the question's message, and the answer's if there is one. */
export async function say(
  queries: Queries,
  principal: string,
  answer: string,
  { conversation, question }: { conversation: string; question: string },
  text: string,
): Promise<void> {
  const message = { conversation, principal, answer }
  const said = [{ ...message, role: 'user' as const, text: question }]
  const replied = text === '' ? [] : [{ ...message, role: 'assistant' as const, text }]
  await queries
    .insert(messages)
    .values([...said, ...replied])
    .onConflictDoNothing()
}
