/** Makes a follow-up standalone by rules, for retrieval without a language model. */
import { ofAll } from '../text/all-languages.ts'
import { contentWords } from '../text/content-words.ts'
import { type FollowUp, followUpOf, isOpened, withoutOpening } from './follow-up.ts'
import { aboutNewSubject } from './new-subject.ts'
import { namedByAnswer, type Said, topicOf } from './topic.ts'

/** UTF-16 code units of the added topic. */
const MAX_TOPIC_CHARACTERS = 120

/**
 * Returns a standalone question as it is. A follow-up loses its opening ("and"). One that names another subject
 * repeats the question before with it (`And A22?`); any other gains the topic of the earlier turns, after the word that
 * refers to it or at the end: `when did it (Hundred Years' War) end?`
 */
export function standaloneQuestion(question: string, history: readonly Said[]): string {
  const followUp = followUpOf(question)
  if (followUp === undefined)
    return isOpened(question) && history.length > 0 ? withoutOpening(question) : question
  const last = history.at(-1)
  if (followUp.pronoun === undefined && last !== undefined) {
    const about = aboutNewSubject(withoutOpening(question), last.searched ?? last.question)
    if (about !== undefined) return about
  }
  return withTopic(question, followUp, history)
}

/** The question with the topic of the earlier turns, if they have one. */
export function withTopic(question: string, { pronoun }: FollowUp, history: readonly Said[]): string {
  const topic = topicFor(pronoun?.word, history)?.slice(0, MAX_TOPIC_CHARACTERS)
  if (topic === undefined) return question
  if (pronoun === undefined) return `${withoutOpening(question).trimEnd()} (${topic})`
  const end = pronoun.index + pronoun.word.length
  return withoutOpening(`${question.slice(0, end)} (${topic})${question.slice(end)}`)
}

/** Content words of a question without a name that may still be about what was said before. */
const MAX_DOUBTFUL_WORDS = 5

/**
 * With the topic, a question that has neither a name nor a word that refers to earlier turns: only the documents tell
 * whether it is about them. Undefined if there is no such doubt.
 */
export function perhapsAbout(question: string, history: readonly Said[]): string | undefined {
  const content = contentWords(question.slice(0, MAX_DOUBTFUL_CHARACTERS))
  if (question.length > MAX_DOUBTFUL_CHARACTERS || content.length === 0) return undefined
  if (content.length > MAX_DOUBTFUL_WORDS || content.some(({ kind }) => kind !== 'word')) return undefined
  if (isOpened(question) || followUpOf(question)?.pronoun !== undefined) return undefined
  return topicOf(history) && withTopic(question, {}, history)
}

/** UTF-16 code units; a longer question is in no doubt. */
const MAX_DOUBTFUL_CHARACTERS = 200

const PERSONAL = new Set(ofAll(({ followUps }) => followUps.personalPronouns))

function topicFor(pronoun: string | undefined, history: readonly Said[]): string | undefined {
  const topic = topicOf(history)
  const last = history.at(-1)
  if (last === undefined || pronoun === undefined) return topic
  const { person, thing } = namedByAnswer(last)
  if (person !== undefined && PERSONAL.has(pronoun.toLowerCase())) return person
  return [topic, thing].filter((part) => part !== undefined).join(', ') || undefined
}

/** The turns with what was searched for each, for a history of which only the questions are known. */
export function withSearched<Turn extends Said>(history: readonly Turn[]): (Turn & { searched: string })[] {
  const turns: (Turn & { searched: string })[] = []
  for (const turn of history) {
    turns.push({ ...turn, searched: turn.searched ?? standaloneQuestion(turn.question, turns) })
  }
  return turns
}
