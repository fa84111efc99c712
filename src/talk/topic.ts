/** The topic of a conversation: the subject of its latest question that has one. */
import type { Turn } from '../domain/answer.ts'
import { anyOf, asWord } from '../text/all-languages.ts'
import { contentWords } from '../text/content-words.ts'

/** The parts of an earlier turn that tell the topic. */
export type Said = Pick<Turn, 'question' | 'searched'> & Partial<Pick<Turn, 'text'>>

/** Undefined if no turn has a subject. */
export function topicOf(history: readonly Said[]): string | undefined {
  for (const turn of history.toReversed()) {
    const topic =
      addedTopic(turn) ?? subjectOf((turn.searched ?? turn.question).slice(0, MAX_EARLIER_CHARACTERS))
    if (topic !== undefined) return topic
  }
  return undefined
}

/** The topic that was added to a follow-up: the conversation is still about it. */
function addedTopic({ question, searched = question }: Said): string | undefined {
  const added = /\(([^()]+)\)/u.exec(searched)?.[1]
  return added === undefined || question.includes(`(${added})`) ? undefined : added
}

/**
 * What the answer before named: the person, if it was asked who, and otherwise the code or name of a thing. A pronoun
 * may mean that rather than the subject of its question.
 */
export function namedByAnswer({ question, text = '' }: Said): { person?: string; thing?: string } {
  const said = text.slice(0, MAX_ANSWER_CHARACTERS).replace(/\[\d+\]/gu, '')
  if (ASKS_WHO.test(question.slice(0, MAX_EARLIER_CHARACTERS))) {
    const person = [...said.matchAll(FULL_NAME)]
      .map(([name]) => name)
      .find((name) => !question.includes(name))
    return { person }
  }
  const words = said.split(/\s+/u).map((word) => word.replace(/[.,;:!?]$/u, ''))
  const things = [codeIn(said), ...words.filter(isDotted)]
  return { thing: things.find((name) => name !== undefined && !question.includes(name)) }
}

/** UTF-16 code units of an answer whose names are looked for. */
const MAX_ANSWER_CHARACTERS = 300

const ASKS_WHO = new RegExp(asWord(anyOf(({ followUps }) => followUps.who)), 'iu')
const FULL_NAME = /\p{Lu}\p{Ll}+(?:[ -]\p{Lu}\p{Ll}+){1,3}/gu

/** The first words of the code in a text, without its options. */
function codeIn(text: string): string | undefined {
  const [, code = ''] = text.split(/`+/u)
  const words = code.slice(code.indexOf('\n') + 1).split(' ')
  return (
    words
      .slice(0, MAX_CODE_WORDS)
      .filter((word) => !word.startsWith('-'))
      .join(' ')
      .trim() || undefined
  )
}

/** A command and its subcommand. */
const MAX_CODE_WORDS = 2

/** A file or setting. */
const isDotted = (word: string) => /^\p{L}[\p{L}\p{N}._]{1,60}$/u.test(word) && /[._]/u.test(word)

/** UTF-16 code units of an earlier question to examine: its subject comes before that. */
const MAX_EARLIER_CHARACTERS = 2000

/** Content words that stand for a question without names. */
const MAX_WORDS = 6

/** Names with the words that join them; if that is at most one word, the content words in order. */
function subjectOf(question: string): string | undefined {
  const names = [...new Set([...question.matchAll(NAME)].map(([name]) => name))].filter(
    (name) => contentWords(`x ${name}`).length > 1,
  )
  const named = names.join(', ')
  if (/\s/u.test(named)) return named
  const content = [...question.matchAll(WORD)]
    .map(([word]) => word)
    .filter((word) => contentWords(word).length > 0)
  return content.length === 0 ? undefined : content.slice(0, MAX_WORDS).join(' ')
}

const WORD = /[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu

/** Capitalised words with the words that join them, and quoted titles; the first capital of a sentence is ignored. */
const CAPITALISED = "\\p{Lu}[\\p{L}\\p{N}'’/-]*"
const PARTICLES = anyOf(({ followUps }) => followUps.nameParticles)
export const NAME = new RegExp(
  `(?<!(?:^|[.?!:])\\s{0,20})${CAPITALISED}(?:\\s+(?:${PARTICLES}\\s+)*${CAPITALISED})*|«[^»]{1,200}»|"[^"]+"|“[^”]{1,200}”`,
  'gu',
)
