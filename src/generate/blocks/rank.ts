/** Which block answers: its meaning token by token, its words, its passage's rank, and what kind of thing is asked for. */
import { BLOCK_WEIGHTS } from '../../../models/calibration.ts'
import { type ContentWord, contentWords, stems } from '../../text/content-words.ts'
import { identifiersIn } from '../../text/identifiers.ts'
import { asksList, expectedAnswer, offers } from '../extractive/expected.ts'
import { rarity } from '../extractive/relevance.ts'
import type { BlockCandidate } from './candidates.ts'
import type { Matches, SentenceMatch, UnitMatch } from './match.ts'
import type { Unit } from './units.ts'
import { versionOf } from './versions.ts'

/** Cosines are those of the question's content tokens; shares are 0 to 1, of the question's words, rare ones counting more. */
export interface BlockFeatures {
  /** Late interaction of the block behind its title, headings and leads: the mean of each token's highest cosine. */
  readonly tokens: number
  /** The same of its best sentence. */
  readonly sentenceTokens: number
  /** Cosine of question and best sentence. */
  readonly similarity: number
  /** The word that is met worst. */
  readonly worstWord: number
  /** Words in the block, its leads, its headings or its title. */
  readonly words: number
  /** Words in its headings and its title. */
  readonly aboutWords: number
  /** Share of the question's codes and names of settings, of those that any unit has. */
  readonly identifiers: number
  /** 1 for the best passage, a half for the second, and so on. */
  readonly rank: number
  /** It leads to something else, or asks itself. */
  readonly isOpen: number
  /** Whether it holds a date, a number or a name when the question asks for one, -1 to 1. */
  readonly offers: number
  /** A list or table where several things are asked for. */
  readonly isList: number
  /** A header of a mail, or an older mail that is quoted. */
  readonly isAside: number
  /** 1: its document is of the version that the question names; -1: of another one. */
  readonly version: number
}

export interface RankedBlock {
  readonly candidate: BlockCandidate
  readonly score: number
  /** For each unit and each of its sentences: how well it meets the question. */
  readonly sentences: readonly (readonly number[])[]
}

/** With what its score is made of. */
export interface WeighedBlock extends RankedBlock {
  readonly features: BlockFeatures
}

/** Units that are compared token by token: more give the same answers on docsqa. */
const MAX_COMPARED_UNITS = 24

/** The words of a unit and of what stands around it. */
interface UnitWords {
  /** Those that the question does not have. */
  readonly fresh: readonly ContentWord[]
  readonly own: ReadonlySet<string>
  readonly leads: ReadonlySet<string>
  /** Of its document and its sections. */
  readonly about: ReadonlySet<string>
  /** Of the question's codes, those that stand in it or around it. */
  readonly identifiers: ReadonlySet<string>
}

/** What the words of units say before anything is encoded. */
export interface WordedUnits {
  readonly of: (unit: Unit) => UnitWords
  /** Share of the question's words that these stems make up. */
  readonly share: (has: (stem: string) => boolean) => number
  /** The question's codes that any unit has. */
  readonly identifiers: ReadonlySet<string>
}

export function wordsOfUnits(question: string, units: readonly Unit[]): WordedUnits {
  const asked = stems(question)
  const askedIdentifiers = identifiersIn(question)
  const about = new Map<string, ReadonlySet<string>>()
  const aboutOf = (text: string) => {
    const known = about.get(text) ?? stems(text)
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
      fresh: words.filter(({ stem }) => !asked.has(stem)),
      own: new Set(words.map(({ stem }) => stem)),
      leads: stems(unit.leads.join(' ')),
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

/** The units that are worth encoding, in the order that they had. */
export function shortlist(question: string, units: readonly Unit[], words: WordedUnits): Unit[] {
  if (units.length <= MAX_COMPARED_UNITS) return [...units]
  const expected = expectedAnswer(question)
  const { words: all, aboutWords, identifiers, rank, offers: offered } = BLOCK_WEIGHTS.shortlist
  const scores = new Map(
    units.map((unit) => {
      const { fresh, own, leads, about, identifiers: held } = words.of(unit)
      return [
        unit,
        all * words.share((stem) => own.has(stem) || leads.has(stem) || about.has(stem)) +
          aboutWords * words.share((stem) => about.has(stem)) +
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

/** Best first. Candidates without a unit that was matched are left out. */
export function rankCandidates(
  question: string,
  candidates: readonly BlockCandidate[],
  words: WordedUnits,
  matches: Matches,
): WeighedBlock[] {
  const asked = stems(question)
  const expected = expectedAnswer(question)
  const wantsList = asksList(question)
  const uris = [...new Set(candidates.flatMap(({ units }) => units.map(({ excerpt }) => excerpt.uri)))]
  return candidates
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
      const fresh = only?.fresh ?? contentWords(text).filter(({ stem }) => !asked.has(stem))
      const isAbout = (stem: string) => words.of(first).about.has(stem)
      const features: BlockFeatures = {
        ...tokenFeatures(found, matches.words),
        words: words.share(
          (stem) => held.some(({ own, leads }) => own.has(stem) || leads.has(stem)) || isAbout(stem),
        ),
        aboutWords: words.share(isAbout),
        identifiers: shareOf(new Set(held.flatMap(({ identifiers }) => [...identifiers])), words.identifiers),
        rank: Math.max(...units.map(({ passage }) => 1 / passage.number)),
        isOpen: /[:：?]["'»”*_)]*$/u.test(text) ? 1 : 0,
        offers: offers(expected, text, fresh),
        isList: wantsList && candidate.kind !== 'block' ? 1 : 0,
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

/** For choosing sentences within a block: what stands before it counts a little less than what it says itself. */
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
