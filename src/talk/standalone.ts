/** Makes a follow-up standalone by rules, for retrieval without a language model. */
import { type FollowUp, followUpOf, withoutOpening } from './follow-up.ts'
import { type Said, topicOf } from './topic.ts'

/** UTF-16 code units of the added topic. */
const MAX_TOPIC_CHARACTERS = 120

/**
 * Returns a standalone question as it is. A follow-up loses its opening ("and") and gains the topic of the earlier
 * turns, after the word that refers to it or at the end: `when did it (Hundred Years' War) end?`
 */
export function standaloneQuestion(question: string, history: readonly Said[]): string {
  const followUp = followUpOf(question)
  return followUp === undefined ? question : withTopic(question, followUp, history)
}

/** The question with the topic of the earlier turns, if they have one. */
export function withTopic(question: string, { pronoun }: FollowUp, history: readonly Said[]): string {
  const topic = topicOf(history)?.slice(0, MAX_TOPIC_CHARACTERS)
  if (topic === undefined) return question
  if (pronoun === undefined) return `${withoutOpening(question).trimEnd()} (${topic})`
  const end = pronoun.index + pronoun.word.length
  return withoutOpening(`${question.slice(0, end)} (${topic})${question.slice(end)}`)
}
