/** What a conversation is about: the subject of its latest question that has one. */
import type { Turn } from '../domain/answer.ts'
import { anyOf } from '../text/all-languages.ts'
import { contentWords } from '../text/content-words.ts'

/** What of an earlier turn tells the topic. */
export type Said = Pick<Turn, 'question' | 'searched'>

/** Undefined when no turn has a subject. */
export function topicOf(history: readonly Said[]): string | undefined {
  for (const turn of history.toReversed()) {
    const topic =
      addedTopic(turn) ?? subjectOf((turn.searched ?? turn.question).slice(0, MAX_EARLIER_CHARACTERS))
    if (topic !== undefined) return topic
  }
  return undefined
}

/** What a question that leans on another was given: it goes on being about that. */
function addedTopic({ question, searched = question }: Said): string | undefined {
  const added = /\(([^()]+)\)/u.exec(searched)?.[1]
  return added === undefined || question.includes(`(${added})`) ? undefined : added
}

/** UTF-16 code units of an earlier question that are looked at: what it is about does not stand behind them. */
const MAX_EARLIER_CHARACTERS = 2000

/** Content words that stand for a question without names. */
const MAX_WORDS = 6

/** Names with what binds them; where they are one word or none, the content words in their order. */
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

/** Words with a capital, with what binds them, and quoted titles; a sentence's first capital says nothing. */
const CAPITALISED = "\\p{Lu}[\\p{L}\\p{N}'’-]*"
const PARTICLES = anyOf(({ followUps }) => followUps.nameParticles)
const NAME = new RegExp(
  `(?<!(?:^|[.?!:])\\s{0,20})${CAPITALISED}(?:\\s+(?:${PARTICLES}\\s+)*${CAPITALISED})*|«[^»]{1,200}»|"[^"]+"|“[^”]{1,200}”`,
  'gu',
)
