/** What tells whether two questions of a language ask the same: small tables, one object a language. */
import { wordSet } from './word-set.ts'

/** Classes of words that decide an answer although they carry no topic; a mismatch of one names the refusal. */
export type Decisive =
  | 'negation'
  | 'quantifier'
  | 'comparison'
  | 'direction'
  | 'connective'
  | 'person'
  | 'number'
  | 'unit'

/** What a helper says of time and mood. */
export type Mood = 'present' | 'past' | 'future' | 'able' | 'should'

/** How questions ask about doing something whoever does it: `how can I`, `how do you` and `how to`. */
export interface Impersonal {
  /** Key of the question word. */
  readonly how: string
  /** Keys of the persons that may mean anybody; the first is who asks. */
  readonly persons: readonly [speaker: string, ...others: string[]]
  /** Their forms that say whom it is done to: `how to contact me`. */
  readonly objects: ReadonlySet<string>
  /** Begins a question about the manner, not about the degree as `how often` does. */
  readonly manner: RegExp
}

export interface Lexicon {
  /** Rewritings of whole phrases, applied in order to the folded text: `how do i` for `what is the best way to`. */
  readonly phrases: readonly (readonly [RegExp, string])[]
  /** Says nothing about the answer: articles, politeness, fillers. */
  readonly empty: ReadonlySet<string>
  /** What is asked for, by the word that asks. */
  readonly questions: ReadonlyMap<string, string>
  readonly decisive: ReadonlyMap<string, readonly [Decisive, string]>
  readonly prepositions: ReadonlyMap<string, string>
  /** Pairs of prepositions that may stand for each other, as `in of`; a lone one may be left out. */
  readonly loosePrepositions: ReadonlySet<string>
  /** These say who does it to whom, or which way. */
  readonly strictPrepositions: ReadonlySet<string>
  /** Of those, the one that may be left out: `with`. */
  readonly companion: string | undefined
  /** `the capital of France` as `France's capital`. */
  readonly genitive: string | undefined
  readonly impersonal: Impersonal | undefined
  /** Always written with a capital, and no names: `I`. */
  readonly capitalised: ReadonlySet<string>
  /** Finite helpers by what they say of time and mood; dropped from the words. */
  readonly helpers: ReadonlyMap<string, Mood>
  /** Words of one meaning have one concept; stems. */
  readonly concepts: ReadonlyMap<string, string>
  /** Stems that often make no difference, so that the embedder decides. */
  readonly light: ReadonlySet<string>
  /** Pairs of stems that turn a sentence round, as `open_close`. */
  readonly opposites: ReadonlySet<string>
  /** Words that are numbers, by value; `1.` is the first. */
  readonly numerals: ReadonlyMap<string, string>
  readonly units: ReadonlyMap<string, string>
  /** Behind the digits of the first, second …: `st`. */
  readonly ordinalSuffixes: ReadonlySet<string>
  /** Behind an amount of money: `$2 million`. Alternatives of a regular expression. */
  readonly scales: readonly string[]
  /** Makes a past with a participle. */
  readonly perfect: ReadonlySet<string>
  /** Makes a passive with a participle. */
  readonly being: ReadonlySet<string>
  /** The form of a finite verb or participle says that it is past. */
  readonly isPast: (word: string) => boolean
  /** The form of a participle that with `being` makes no passive: `is writing`. */
  readonly isContinuous: (word: string) => boolean
  /** Two forms of one stem that tell who does it to whom. */
  readonly isOtherRole: (a: string, b: string) => boolean
  /** Without its inflection. */
  readonly stem: (word: string) => string
}

/** One group a line; the first word names it. */
export function groups(text: string): [string, string][] {
  return text
    .trim()
    .split('\n')
    .flatMap((line) => {
      const words = line.trim().split(/\s+/u)
      const [name = ''] = words
      return words.map((word): [string, string] => [word, name])
    })
}

/** Words of a line are the opposites of those after its `/`. */
export function oppositePairs(text: string, concept: (word: string) => string): ReadonlySet<string> {
  const pairs = new Set<string>()
  for (const entry of text.trim().split(/[|\n]/u)) {
    const [one = [], two = []] = entry.split('/').map((side) => side.trim().split(/\s+/u).map(concept))
    for (const a of one) for (const b of two) pairs.add(`${a}_${b}`).add(`${b}_${a}`)
  }
  return pairs
}

/** Lines of `class name: words`. */
export function decisiveWords(text: string): ReadonlyMap<string, readonly [Decisive, string]> {
  const found = new Map<string, readonly [Decisive, string]>()
  for (const line of text.trim().split('\n')) {
    const match = /^\s*(\S+) (\S+): (.*)$/u.exec(line)
    const kind = DECISIVE.find((known) => known === match?.[1])
    if (kind === undefined || match === null) throw new Error(`not a line of decisive words: ${line}`)
    for (const word of wordSet(match[3] ?? '')) found.set(word, [kind, match[2] ?? ''])
  }
  return found
}

const DECISIVE: readonly Decisive[] = [
  'negation',
  'quantifier',
  'comparison',
  'direction',
  'connective',
  'person',
  'number',
  'unit',
]
