/** Tokens of texts for an engine whose tokenizer is not known: rather too many than too few. */
import type { ChatMessage } from '../../ports/chat-model.ts'

/** UTF-16 code units of a token. Every other character, such as a digit or an ideograph, counts as a token. */
const LATIN_PER_TOKEN = 4
const CYRILLIC_PER_TOKEN = 2

/** What the engine's template puts around a message. */
const TOKENS_PER_MESSAGE = 8

const LATIN = /[\p{Script=Latin}\s]+/gu
const CYRILLIC = /\p{Script=Cyrillic}+/gu

/** Not rounded: estimates of several texts can be added. */
export function estimatedTokens(text: string): number {
  const latin = charactersIn(text, LATIN)
  const cyrillic = charactersIn(text, CYRILLIC)
  return latin / LATIN_PER_TOKEN + cyrillic / CYRILLIC_PER_TOKEN + (text.length - latin - cyrillic)
}

export const estimatedPromptTokens = (messages: readonly Pick<ChatMessage, 'content'>[]): number =>
  Math.ceil(messages.reduce((sum, { content }) => sum + estimatedTokens(content) + TOKENS_PER_MESSAGE, 0))

function charactersIn(text: string, runs: RegExp): number {
  let characters = 0
  for (const [run] of text.matchAll(runs)) characters += run.length
  return characters
}
