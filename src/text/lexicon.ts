/**
 * The lexicon of the cache's gate, which tells whether two questions ask the same: small tables, one object per
 * language.
 */
import { wordSet } from './word-set.ts'

/** Classes of words that decide an answer although they carry no topic; a mismatch names the refusal. */
export type Decisive =
  | 'negation'
  | 'quantifier'
  | 'comparison'
  | 'direction'
  | 'connective'
  | 'person'
  | 'number'
  | 'unit'

/** Tense or mood of an auxiliary. */
export type Mood = 'present' | 'past' | 'future' | 'able' | 'should'

/** How questions ask about doing something, whoever does it: `how can I`, `how do you` and `how to`. */
export interface Impersonal {
  /** Key of the question word. */
  readonly how: string
  /** Keys of persons that may be generic; the first is the speaker. */
  readonly persons: readonly [speaker: string, ...others: string[]]
  /** Their object forms: `how to contact me`. */
  readonly objects: ReadonlySet<string>
  /** Begins a question about the manner, unlike `how often`. */
  readonly manner: RegExp
}

export interface Lexicon {
  /** Rewrites of whole phrases, applied in order to the folded text: `how do i` for `what is the best way to`. */
  readonly phrases: readonly (readonly [RegExp, string])[]
  /** Words that don't affect the answer: articles, politeness, fillers. */
  readonly empty: ReadonlySet<string>
  /** What each question word asks for. */
  readonly questions: ReadonlyMap<string, string>
  readonly decisive: ReadonlyMap<string, readonly [Decisive, string]>
  readonly prepositions: ReadonlyMap<string, string>
  /** Interchangeable pairs of prepositions, such as `in of`; a single one may be omitted. */
  readonly loosePrepositions: ReadonlySet<string>
  /** Prepositions that express who does it to whom, or the direction. */
  readonly strictPrepositions: ReadonlySet<string>
  /** The strict preposition that may be left out: `with`. */
  readonly companion: string | undefined
  /** The preposition whose phrases equal possessives: `the capital of France` and `France's capital`. */
  readonly genitive: string | undefined
  readonly impersonal: Impersonal | undefined
  /** Always capitalised, but not names: `I`. */
  readonly capitalised: ReadonlySet<string>
  /** Finite auxiliaries by their tense or mood; removed from the words. */
  readonly helpers: ReadonlyMap<string, Mood>
  /** Concepts of synonyms, by base form. */
  readonly concepts: ReadonlyMap<string, string>
  /** Base forms that often make no difference, so the embedder decides. */
  readonly light: ReadonlySet<string>
  /** Pairs of base forms that reverse the meaning of a sentence, such as `open_close`. */
  readonly opposites: ReadonlySet<string>
  /** Values of number words; `1.` stands for `first`. */
  readonly numerals: ReadonlyMap<string, string>
  readonly units: ReadonlyMap<string, string>
  /** Follow the digits of an ordinal: `st`. */
  readonly ordinalSuffixes: ReadonlySet<string>
  /** Follow an amount of money: `$2 million`. Regular expression alternatives. */
  readonly scales: readonly string[]
  /** Auxiliaries that form a past tense with a participle. */
  readonly perfect: ReadonlySet<string>
  /** Auxiliaries that form a passive with a participle. */
  readonly being: ReadonlySet<string>
  /** Whether the form of a finite verb or participle is past. */
  readonly isPast: (word: string) => boolean
  /** Whether a participle with `being` is not a passive: `is writing`. */
  readonly isContinuous: (word: string) => boolean
  /** Whether two forms of one word differ in who does it to whom. */
  readonly isOtherRole: (a: string, b: string) => boolean
  /** The word without its inflection: unlike a stem, it keeps derived words apart. */
  readonly baseForm: (word: string) => string
}

/** One group per line; the first word names it. */
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

/** The words before `/` on a line are the opposites of those after it. */
export function oppositePairs(text: string, concept: (word: string) => string): ReadonlySet<string> {
  const pairs = new Set<string>()
  for (const entry of text.trim().split(/[|\n]/u)) {
    const [one = [], two = []] = entry.split('/').map((side) => side.trim().split(/\s+/u).map(concept))
    for (const a of one) for (const b of two) pairs.add(`${a}_${b}`).add(`${b}_${a}`)
  }
  return pairs
}

/** Lines of the form `class name: words`. */
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
