/** Makes a follow-up standalone by rules, for retrieval without a language model. */
import { followUpOf, withoutOpening } from './follow-up.ts'
import { type Said, topicOf } from './topic.ts'

/** UTF-16 code units of the added topic. */
const MAX_TOPIC_CHARACTERS = 120

/**
 * Returns a standalone question as it is. A follow-up loses its opening ("and") and gains the topic of the earlier
 * turns, after the word that refers to it or at the end: `when did it (Hundred Years' War) end?`
 */
export function standaloneQuestion(question: string, history: readonly Said[]): string {
  const followUp = followUpOf(question)
  if (followUp === undefined) return question
  const topic = topicOf(history)?.slice(0, MAX_TOPIC_CHARACTERS)
  if (topic === undefined) return question
  const { pronoun } = followUp
  if (pronoun === undefined) return `${withoutOpening(question).trimEnd()} (${topic})`
  const end = pronoun.index + pronoun.word.length
  return withoutOpening(`${question.slice(0, end)} (${topic})${question.slice(end)}`)
}
