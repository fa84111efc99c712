/** Detects follow-up questions: by a pronoun, by their opening, or by a missing subject. */
import { anyOf, asWord } from '../text/all-languages.ts'
import { contentWords } from '../text/content-words.ts'
import type { FollowUps } from '../text/knowledge.ts'
import { KNOWLEDGE } from '../text/language.ts'

export interface FollowUp {
  /** The word that refers back. */
  readonly pronoun?: { readonly word: string; readonly index: number }
}

/** Undefined: the question stands alone. */
export function followUpOf(question: string): FollowUp | undefined {
  if (question.length > MAX_QUESTION_CHARACTERS) return undefined
  const pronoun = pronounOf(question)
  if (pronoun !== undefined) return { pronoun }
  const content = contentWords(question)
  const named = content.some(({ kind }) => kind !== 'word')
  if (isOpened(question) && !(named && (content.length > 3 || ASKING.test(withoutOpening(question)))))
    return {}
  return content.length <= MAX_WORDS_WITHOUT_SUBJECT && !named ? {} : undefined
}

/** Removes "and", "what about": they connect a question to the previous one and mean nothing alone. */
export function withoutOpening(question: string): string {
  const bare = question.replace(OPENING, '')
  return bare.trim() === '' ? question : bare
}

/** Whether it begins with "and", "what about" or the like. */
export const isOpened = (question: string): boolean => (OPENING.exec(question)?.[0].trim() ?? '') !== ''

/** UTF-16 code units; a longer text names its subject itself, and searching it for pronouns takes too long. */
const MAX_QUESTION_CHARACTERS = 1000

/** At most this many content words do not make a question without a subject standalone. */
const MAX_WORDS_WITHOUT_SUBJECT = 2

const CONJUNCTIONS = anyOf(({ followUps }) => followUps.conjunctions)
const WHAT_ABOUT = anyOf(({ followUps }) => followUps.whatAbout)
const OPENING = new RegExp(`^\\s*(?=\\p{L})(?:${CONJUNCTIONS}(?:,\\s*|\\s+))*(?:${WHAT_ABOUT}\\s+)?`, 'iu')

const PRONOUN = new RegExp(asWord(anyOf(({ followUps }) => followUps.pronouns)), 'giu')

/** Pronouns to examine: each scans the text before it. */
const MAX_PRONOUNS = 32

function pronounOf(question: string): FollowUp['pronoun'] {
  for (const { 0: word, index } of [...question.matchAll(PRONOUN)].slice(0, MAX_PRONOUNS)) {
    const before = question.slice(0, index)
    const after = question.slice(index + word.length)
    if (refersBack(word.toLowerCase(), before, after) && !hasAntecedent(before, after)) return { word, index }
  }
  return undefined
}

/** Except where the language knows better: the "it" of "is it true that" refers to nothing. */
const refersBack: FollowUps['refersBack'] = (...pronoun) =>
  Object.values(KNOWLEDGE).every(({ followUps }) => followUps.refersBack(...pronoun))

/** Content words of an earlier clause that give a pronoun its meaning: `Can I extend the chat, and how do I do it?` */
const MIN_ANTECEDENT_WORDS = 2

const CLAUSE_CONJUNCTIONS = anyOf(({ followUps }) => followUps.clauseConjunctions)
const CLAUSE_STARTERS = anyOf(({ followUps }) => followUps.clauseStarters)
/** A question word of its own. */
const ASKING = new RegExp(asWord(CLAUSE_STARTERS), 'iu')
const CLAUSE = new RegExp(
  `[,;.!?]\\s|(?<![\\p{L}])${CLAUSE_CONJUNCTIONS}\\s+(?=${CLAUSE_STARTERS}(?![\\p{L}]))`,
  'iu',
)

/** Whether the question itself names, before the pronoun, what it refers to. */
function hasAntecedent(before: string, after: string): boolean {
  const clauses = before.split(CLAUSE)
  const earlier = contentWords(clauses.slice(0, -1).join(' '))
  if (earlier.length >= MIN_ANTECEDENT_WORDS || earlier.some(({ kind }) => kind === 'name')) return true
  // `In what year did Spain join it?`: the object of a name is something else.
  return after.trim().length > 1 && contentWords(`x ${clauses.at(-1)}`).some(({ kind }) => kind === 'name')
}
