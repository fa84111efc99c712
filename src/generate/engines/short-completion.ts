/** The small tasks of a conversation that an engine does beside answering: each one short completion, or nothing. */
import type { Turn } from '../../domain/answer.ts'
import type { ChatMessage } from '../../ports/chat-model.ts'
import { beginningOf } from '../../text/beginning.ts'
import { escapedForPrompt } from '../grounded/prompt-escape.ts'
import type { Completion } from './completion.ts'

/** Tokens of such a completion; reasoning models spend some of them unseen. */
export const SHORT_TOKENS = 256
/** An answer does not wait longer for it: the rules do. */
const MAX_WAIT_MS = 8000

/** The engine's whole text; undefined when it failed, was cut off or took too long. Throws when `signal` is aborted. */
export async function shortCompletion(
  completion: Completion,
  messages: readonly ChatMessage[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const late = AbortSignal.timeout(MAX_WAIT_MS)
  try {
    let text = ''
    for await (const piece of completion.stream(messages, AbortSignal.any([signal, late]))) {
      if ('text' in piece) text += piece.text
      if ('finish' in piece && piece.finish !== 'stop') return undefined
    }
    return text.replace(/^[\s\S]*<\/think>/u, '').trim() || undefined
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

const MAX_TEXT_CHARACTERS = 600

/** Turns as data, oldest first. */
export const turnsAsData = (turns: readonly Turn[]): string =>
  turns
    .map(
      ({ question, searched, text }) =>
        `<turn>\nQuestion: ${shortened(searched ?? question)}\nAnswer: ${shortened(text)}\n</turn>\n`,
    )
    .join('')

/** Cut first: what is cut off costs nothing. Never ends inside a surrogate pair. */
const shortened = (text: string) => escapedForPrompt(beginningOf(text, MAX_TEXT_CHARACTERS))
