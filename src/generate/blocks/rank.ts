/** Ranks blocks as answers, by meaning token by token, by words, by their passage's rank and by the kind of answer. */
import { BLOCK_WEIGHTS } from '../../../models/calibration.ts'
import { type ContentWord, contentWords, roots } from '../../text/content-words.ts'
import { identifiersIn } from '../../text/identifiers.ts'
import { asksList, expectedAnswer, offers } from '../extractive/expected.ts'
import { rarity } from '../extractive/relevance.ts'
import type { BlockCandidate } from './candidates.ts'
import type { Matches, SentenceMatch, UnitMatch } from './match.ts'
import type { Unit } from './units.ts'
import { versionOf } from './versions.ts'

/**
 * Cosines are those of the question's content tokens. `words` and `aboutWords` are shares of the question's words, 0 to
 * 1; rare words weigh more.
 */
export interface BlockFeatures {
  /** Late interaction with the block and its title, headings and leads: the mean of each token's highest cosine. */
  readonly tokens: number
  /** The same for its best sentence. */
  readonly sentenceTokens: number
  /** Cosine of question and best sentence. */
  readonly similarity: number
  /** Mean cosine of the worst-matched word. */
  readonly worstWord: number
  /** Words in the block, its leads, its headings or its title. */
  readonly words: number
  /** Words in its headings and its title. */
  readonly aboutWords: number
  /** Share of the question's codes and names of settings, of those that any unit has. */
  readonly identifiers: number
  /** 1 for the best passage, a half for the second, and so on. */
  readonly rank: number
  /** 1 if it ends with a colon or question mark, so the answer is elsewhere. */
  readonly isOpen: number
  /** Whether it holds a date, a number or a name when the question asks for one, -1 to 1. */
  readonly offers: number
  /** 1 for a list or table if the question asks for several things. */
  readonly isList: number
  /** 1 for quotations, such as older mails, and for fields, such as mail headers. */
  readonly isAside: number
  /** 1 if its document is of the version that the question names, -1 if of another version. */
  readonly version: number
}

export interface RankedBlock {
  readonly candidate: BlockCandidate
  readonly score: number
  /** How well each sentence of each unit matches the question. */
  readonly sentences: readonly (readonly number[])[]
}

/** With what its score is made of. */
export interface WeighedBlock extends RankedBlock {
  readonly features: BlockFeatures
}

/** Units that are compared token by token: more give the same answers on docsqa. */
const MAX_COMPARED_UNITS = 24

/** The words of a unit and of its surroundings. */
interface UnitWords {
  /** Words that the question does not have. */
  readonly fresh: readonly ContentWord[]
  readonly own: ReadonlySet<string>
  readonly leads: ReadonlySet<string>
  /** Words of its document's title and path, and of its headings. */
  readonly about: ReadonlySet<string>
  /** Of the question's codes, those that stand in it or around it. */
  readonly identifiers: ReadonlySet<string>
}

/** The words of units, known before anything is encoded. */
export interface WordedUnits {
  readonly of: (unit: Unit) => UnitWords
  /** Share of the question's words that these roots make up. */
  readonly share: (has: (root: string) => boolean) => number
  /** The question's codes that any unit has. */
  readonly identifiers: ReadonlySet<string>
}

export function wordsOfUnits(question: string, units: readonly Unit[]): WordedUnits {
  const asked = roots(question)
  const askedIdentifiers = identifiersIn(question)
  const about = new Map<string, ReadonlySet<string>>()
  const aboutOf = (text: string) => {
    const known = about.get(text) ?? roots(text)
    about.set(text, known)
    return known
  }
  const heldIdentifiers = (text: string): ReadonlySet<string> => {
    if (askedIdentifiers.size === 0) return askedIdentifiers
    const held = identifiersIn(text)
    return new Set([...askedIdentifiers].filter((identifier) => held.has(identifier)))
  }
  const wordsOf = (unit: Unit): UnitWords => {
    const { excerpt, block } = unit
    const words = contentWords(unit.text)
    const around = [excerpt.title, ...excerpt.uri.split('/').slice(-2), ...block.headings].join(' ')
    return {
      fresh: words.filter(({ root }) => !asked.has(root)),
      own: new Set(words.map(({ root }) => root)),
      leads: roots(unit.leads.join(' ')),
      about: aboutOf(around),
      identifiers: heldIdentifiers([around, ...unit.leads, unit.text].join('\n')),
    }
  }
  const known = new Map(units.map((unit) => [unit, wordsOf(unit)]))
  const weigh = rarity(
    [...asked],
    Array.from(known.values(), ({ own }) => own),
  )
  return {
    of: (unit) => known.get(unit) ?? wordsOf(unit),
    share: (has) => weigh([...asked].filter(has)),
    identifiers: new Set(Array.from(known.values(), ({ identifiers }) => [...identifiers]).flat()),
  }
}

/** The units worth encoding, in their original order. */
export function shortlist(question: string, units: readonly Unit[], words: WordedUnits): Unit[] {
  if (units.length <= MAX_COMPARED_UNITS) return [...units]
  const expected = expectedAnswer(question)
  const { words: all, aboutWords, identifiers, rank, offers: offered } = BLOCK_WEIGHTS.shortlist
  const scores = new Map(
    units.map((unit) => {
      const { fresh, own, leads, about, identifiers: held } = words.of(unit)
      return [
        unit,
        all * words.share((root) => own.has(root) || leads.has(root) || about.has(root)) +
          aboutWords * words.share((root) => about.has(root)) +
          identifiers * shareOf(held, words.identifiers) +
          rank / unit.passage.number +
          offered * offers(expected, unit.text, fresh),
      ]
    }),
  )
  const kept = new Set(
    units.toSorted((a, b) => (scores.get(b) ?? 0) - (scores.get(a) ?? 0)).slice(0, MAX_COMPARED_UNITS),
  )
  return units.filter((unit) => kept.has(unit))
}

/** Best first, without candidates of which no unit was matched. */
export function rankCandidates(
  question: string,
  candidates: readonly BlockCandidate[],
  words: WordedUnits,
  matches: Matches,
): WeighedBlock[] {
  const asked = roots(question)
  const expected = expectedAnswer(question)
  const wantsList = asksList(question)
  const uris = [...new Set(candidates.flatMap(({ units }) => units.map(({ excerpt }) => excerpt.uri)))]
  const ranked = candidates
    .flatMap((candidate) => {
      const units =
        candidate.introduction === undefined ? candidate.units : [candidate.introduction, ...candidate.units]
      const found = units.flatMap((unit) => {
        const match = matches.of(unit)
        return match === undefined ? [] : [match]
      })
      const [first] = units
      if (first === undefined || found.length === 0) return []
      const held = units.map((unit) => words.of(unit))
      const text = units.map((unit) => unit.text).join('\n')
      const only = held.length === 1 ? held[0] : undefined
      const fresh = only?.fresh ?? contentWords(text).filter(({ root }) => !asked.has(root))
      // A message or command that is asked about explains nothing by itself.
      if (fresh.length === 0 && units.every(({ block }) => block.kind === 'code')) return []
      const isAbout = (root: string) => words.of(first).about.has(root)
      const features: BlockFeatures = {
        ...tokenFeatures(found, matches.words),
        words: words.share(
          (root) => held.some(({ own, leads }) => own.has(root) || leads.has(root)) || isAbout(root),
        ),
        aboutWords: words.share(isAbout),
        identifiers: shareOf(new Set(held.flatMap(({ identifiers }) => [...identifiers])), words.identifiers),
        rank: Math.max(...units.map(({ passage }) => 1 / passage.number)),
        isOpen: /[:：?]["'»”*_)]*$/u.test(text) ? 1 : 0,
        offers: offers(expected, text, fresh),
        isList: wantsList && (candidate.kind === 'list' || candidate.kind === 'table') ? 1 : 0,
        isAside: units.every(({ block }) => block.kind === 'quote' || block.kind === 'field') ? 1 : 0,
        version: versionOf(question, first.excerpt.uri, uris),
      }
      const sentences = candidate.units.map((unit) => {
        const match = matches.of(unit)
        return match === undefined ? [] : match.sentences.map((sentence) => sentenceScore(match, sentence))
      })
      return [{ candidate, features, score: scoreOf(features), sentences }]
    })
    .sort((a, b) => b.score - a.score)
  // Beside what is said of a code or setting, what is said of another one only misleads.
  const isNamed = ranked[0] !== undefined && ranked[0].features.identifiers > 0
  return isNamed ? ranked.filter(({ features }) => features.identifiers > 0) : ranked
}

function scoreOf(features: BlockFeatures): number {
  const weights: Readonly<Record<keyof BlockFeatures, number>> = BLOCK_WEIGHTS.block
  return (
    weights.tokens * features.tokens +
    weights.sentenceTokens * features.sentenceTokens +
    weights.similarity * features.similarity +
    weights.worstWord * features.worstWord +
    weights.words * features.words +
    weights.aboutWords * features.aboutWords +
    weights.identifiers * features.identifiers +
    weights.rank * features.rank +
    weights.isOpen * features.isOpen +
    weights.offers * features.offers +
    weights.isList * features.isList +
    weights.isAside * features.isAside +
    weights.version * features.version
  )
}

type TokenFeatures = Pick<BlockFeatures, 'tokens' | 'sentenceTokens' | 'similarity' | 'worstWord'>

function tokenFeatures(found: readonly UnitMatch[], words: readonly number[]): TokenFeatures {
  const before = found.map((match) => match.before).reduce(highest)
  const sentences = found.flatMap((match) => match.sentences)
  const all = sentences.map(({ best }) => best).reduce(highest, before)
  const similarity = Math.max(...sentences.map((sentence) => sentence.similarity))
  if (all.length === 0) return { tokens: similarity, sentenceTokens: similarity, similarity, worstWord: 0 }
  const byWord = Map.groupBy(all.keys(), (token) => words[token] ?? -1)
  return {
    tokens: mean(all),
    sentenceTokens: Math.max(...sentences.map(({ best }) => mean(highest(before, best)))),
    similarity,
    worstWord: Math.min(
      ...[...byWord.values()].map((tokens) => mean(Float32Array.from(tokens, (token) => all[token] ?? 0))),
    ),
  }
}

/** For choosing sentences within a block: the text before the block counts a little less than the sentence itself. */
function sentenceScore({ before }: UnitMatch, { best, similarity }: SentenceMatch): number {
  const { before: damped, similarity: weight } = BLOCK_WEIGHTS.sentence
  const tokens =
    best.length === 0 ? 0 : mean(best.map((value, i) => Math.max(value, damped * (before[i] ?? -1))))
  return tokens + weight * similarity
}

const highest = (a: Float32Array, b: Float32Array): Float32Array =>
  a.length === 0 ? b : a.map((value, i) => Math.max(value, b[i] ?? -1))

const shareOf = (some: ReadonlySet<string>, all: ReadonlySet<string>): number =>
  all.size === 0 ? 0 : some.size / all.size

const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length
