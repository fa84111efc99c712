/** Answers without a language model: quotes what answers the question, or says that nothing does. */

import { ENOUGH } from '../../../models/calibration.ts'
import type { Citation } from '../../domain/answer.ts'
import type { Certainty } from '../../domain/certainty.ts'
import { cosine } from '../../domain/cosine.ts'
import { contains } from '../../domain/spans.ts'
import type { Embedder } from '../../ports/embedder.ts'
import type { GenerateInput, Generator, GeneratorEvent } from '../../ports/generator.ts'
import { roots } from '../../text/content-words.ts'
import type { Replies } from '../../text/knowledge.ts'
import { detectLanguage, KNOWLEDGE } from '../../text/language.ts'
import { candidatesOf as blockCandidatesOf } from '../blocks/candidates.ts'
import { type AnswerBlock, compose, composeBrief, MAX_SCORE_GAP } from '../blocks/compose.ts'
import { matchUnits } from '../blocks/match.ts'
import {
  type RankedBlock,
  rankCandidates,
  shortlist as shortlistUnits,
  type WeighedBlock,
  wordsOfUnits,
} from '../blocks/rank.ts'
import { senderOf } from '../blocks/sender.ts'
import { subjectsInPaths, type Unit, unitsOf } from '../blocks/units.ts'
import { datingWords, fileName } from '../editions/dating.ts'
import { compareStatements, type Statement } from '../editions/in-force.ts'
import { settle } from '../editions/settle.ts'
import { statementOfBlock, statementOfSentence } from '../editions/statements.ts'
import { namesAnotherThing } from '../editions/things.ts'
import { candidatesOf, type SentenceCandidate } from './candidates.ts'
import { certaintyOfBlocks, certaintyOfProse } from './certainty.ts'
import { contradictionOf } from './contradiction.ts'
import { basisOf, confidence, evidenceOf } from './evidence.ts'
import { type Quote, quoteOf, quotesOf } from './quotes.ts'
import { compareWords, type RankedSentence, rank, shortlist } from './relevance.ts'

export interface ExtractiveOptions {
  readonly embedder: Embedder
}

/** Raised when the same question on the same passages gets another answer: cached ones are then not found. */
export const EXTRACTIVE_VERSION = 'extractive-6'

/**
 * Prose is answered by its best sentences as they are stored: `… [1]`, then `… [2]`; when two documents contradict each
 * other, a line before says so. Where there are lists, tables, steps or code, the best blocks are quoted, with what
 * leads to them. What the passages say is only ever quoted, so that an instruction in a document has no effect.
 */
export function extractiveGenerator({ embedder }: ExtractiveOptions): Generator {
  return {
    id: 'extractive',
    promptVersion: EXTRACTIVE_VERSION,
    // It quotes the same again.
    continues: true,
    async *generate(input: GenerateInput): AsyncIterable<GeneratorEvent> {
      const { replies } = KNOWLEDGE[input.language]
      const { certainty, paragraphs, complete } = await answerAll(embedder, input, replies)
      let number = 0
      for (const [index, paragraph] of paragraphs.entries()) {
        const before = index === 0 ? '' : '\n\n'
        if (typeof paragraph === 'string') yield { type: 'delta', text: before + paragraph }
        else {
          number += 1
          yield { type: 'delta', text: `${before}${paragraph.text}${paragraph.mark}[${number}]` }
          yield { type: 'citation', citation: { ...paragraph.citation, number } }
        }
      }
      yield { type: 'end', certainty, complete }
    },
  }
}

/** An answer as it is written. */
interface Written {
  readonly certainty: Certainty
  /** Quotations, and what is said about them. */
  readonly paragraphs: readonly (Piece | string)[]
  /** False if a part of the question was not found. */
  readonly complete: boolean
}

/**
 * Answers each part of a question that has several; the whole if it can answer none, or if one answer tells all sides.
 */
async function answerAll(embedder: Embedder, input: GenerateInput, replies: Replies): Promise<Written> {
  const { several } = input
  if (several === undefined) return written(await answer(embedder, input), replies)
  const { kind, parts } = several
  const whole = () => answer(embedder, { ...input, ...several.whole })
  const names = kind === 'sides' ? namesOf(parts.map(({ asked }) => asked)) : undefined
  const together = names && (await whole())
  if (together?.certainty === 'answered' && names?.every((name) => hasAll(textOf(together), name)))
    return written(together, replies)
  const found = await Promise.all(
    parts.map((part, index) => {
      // Sides are looked up in what was found of all, as they may stand in one table.
      const { passages, excerpts } = names === undefined ? part : input
      return answer(
        embedder,
        { ...input, ...part, passages, excerpts },
        { parts: parts.length, name: names?.[index] },
      )
    }),
  )
  const isAnswered = found.map(({ certainty }) => certainty === 'answered')
  if (!isAnswered.includes(true)) return written(together ?? (await whole()), replies)
  const missing = parts
    .filter((_, index) => !isAnswered[index])
    .map(({ asked }) => replies.partNotFound(asked))
  const blocks = found.flatMap(({ blocks: [best] }, index) =>
    isAnswered[index] && best ? [{ ...best, score: 0 }] : [],
  )
  const paragraphs =
    names !== undefined && blocks.length === parts.length - missing.length
      ? [...compose(input.standalone, blocks).map(pieceOfBlock), ...missing]
      : found.flatMap((own, index) =>
          isAnswered[index]
            ? written(own, replies).paragraphs
            : [replies.partNotFound(parts[index]?.asked ?? '')],
        )
  return { certainty: 'answered', paragraphs: withoutRepetitions(paragraphs), complete: missing.length === 0 }
}

/** The words that tell each thing from the others. */
function namesOf(sides: readonly string[]): ReadonlySet<string>[] {
  const all = sides.map(roots)
  return all.map(
    (own, at) =>
      new Set([...own].filter((root) => !all.some((other, index) => index !== at && other.has(root)))),
  )
}

function hasAll(text: string, words: ReadonlySet<string>): boolean {
  const held = roots(text)
  return [...words].every((word) => held.has(word))
}

/** Those that have all words of the name, or stand under them. */
const named = <Item>(items: Item[], name: AsPart['name'], around: (item: Item) => string): Item[] =>
  name === undefined ? items : items.filter((item) => hasAll(around(item), name))

const aroundSentence = ({ passage, context, text }: SentenceCandidate): string =>
  [passage.title, passage.heading, context, text].join('\n')

const aroundUnit = ({ excerpt, block, leads, text }: Unit): string =>
  [excerpt.title, ...block.headings, ...leads, text].join('\n')

const textOf = ({ pieces }: Found): string =>
  pieces.map(({ text, citation }) => [citation.title, citation.heading, text].join('\n')).join('\n')

function written({ certainty, pieces, differ }: Found, replies: Replies): Written {
  const notes = {
    answered: [],
    talk: [],
    unsure: [replies.unsure],
    not_found: [replies.refusal],
  }[certainty]
  return {
    certainty,
    paragraphs: [...notes, ...(differ ? [replies.contradiction] : []), ...pieces],
    complete: true,
  }
}

/** One quotation may answer several parts. */
const withoutRepetitions = (paragraphs: Written['paragraphs']): Written['paragraphs'] => [
  ...new Map(paragraphs.map((one) => [typeof one === 'string' ? one : one.text, one])).values(),
]

/** A part of an answer and what it quotes. */
interface Piece {
  readonly text: string
  /** Between the text and its citation mark. */
  readonly mark: string
  readonly citation: Omit<Citation, 'number'>
}

interface Found {
  readonly certainty: Certainty
  /** None if nothing was found; one if it is unsure. */
  readonly pieces: readonly Piece[]
  /** Whether they contradict each other. */
  readonly differ: boolean
  /** Best first; none if they are made of sentences. */
  readonly blocks: readonly RankedBlock[]
}

/** Passages whose sentences are compared, and weighed as evidence: what was fitted was fitted on so many. */
const MAX_PROSE_PASSAGES = 6

const NOTHING: Found = { certainty: 'not_found', pieces: [], differ: false, blocks: [] }

/** An answer to one part of a question. */
interface AsPart {
  /** How many answers share the usual length. */
  readonly parts: number
  /** Words that what is quoted must have, or stand under. */
  readonly name?: ReadonlySet<string> | undefined
}

async function answer(
  embedder: Embedder,
  input: GenerateInput,
  { parts, name }: AsPart = { parts: 1 },
): Promise<Found> {
  const { standalone, questionVector, language, signal } = input
  const passages = input.passages.slice(0, MAX_PROSE_PASSAGES)
  const editions = datingWords(input.excerpts)
  const candidates = named(candidatesOf(passages, editions), name, aroundSentence)
  const compared = shortlist(compareWords(standalone, candidates))
  if (compared.length === 0) return NOTHING
  const embeddings = await embedder.embed(
    compared.map(({ candidate }) => candidate.text.replace(/\s+/gu, ' ')),
    { as: 'passage', priority: 'question', signal },
  )
  const ranked = rank(
    compared,
    embeddings.map(({ vector }) => cosine(questionVector, vector)),
  )
  const [best] = ranked
  if (best === undefined) return NOTHING
  const basis = basisOf(language, best)
  const units = named(unitsOf(input.excerpts), name, aroundUnit)
  const evidence = confidence(basis, evidenceOf(standalone, passages, ranked, editions))
  const subjects = subjectsInPaths(units, roots(standalone))
  const isAboutPath = [...subjects.values()].some((names) => names.length > 0)
  const isStructured = isAboutPath || !units.every(isProse)
  const found = isStructured ? await rankedBlocks(embedder, input, units) : []
  // The blocks' certainty was fitted on vectors of tokens, and on questions in the language of the documents.
  const isCalibrated = embedder.interact !== undefined && basis !== 'cross'
  const certainty = isStructured
    ? certaintyOfBlocks(input, units, found, isCalibrated ? undefined : evidence)
    : certaintyOfProse(input, units, evidence)
  if (certainty === 'not_found') return NOTHING
  const drafted = isStructured
    ? draftOfBlocks(standalone, found, parts)
    : draftOfProse(input, ranked, ENOUGH[basis], parts)
  const { closest, pieces, earlier, isOfTime, isOfThing } = drafted
  if (certainty === 'unsure' || !isOfTime || !isOfThing) {
    return closest === undefined
      ? NOTHING
      : { certainty: 'unsure', pieces: [closest], differ: false, blocks: found }
  }
  if (drafted.versions > 1) {
    const both = earlier === undefined ? pieces : [...pieces, earlier]
    return { certainty, pieces: both, differ: false, blocks: found }
  }
  const other = contradictionOf(standalone, ranked)
  if (other !== undefined) {
    const [one, another] = [best, other].map(statementOfSentence(standalone, input.excerpts))
    const subjectOf = (statement?: Statement) => statement && subjects.get(statement.excerpt)?.join('/')
    const isOfOne = one !== undefined && another !== undefined && subjectOf(one) === subjectOf(another)
    if (isOfOne && compareStatements(one, another) === undefined)
      return { certainty, pieces: [best, other].map(quoteOf).map(pieceOfQuote), differ: true, blocks: [] }
  }
  return { certainty, pieces, differ: false, blocks: found }
}

/** What would be answered, and what is known of it. */
interface Drafted {
  readonly pieces: readonly Piece[]
  /** The first of them alone. */
  readonly closest: Piece | undefined
  /** Versions of the first one that were found, with itself. */
  readonly versions: number
  readonly earlier: Piece | undefined
  /** Whether it is of the time and about the thing that the question names. */
  readonly isOfTime: boolean
  readonly isOfThing: boolean
}

function draftOfBlocks(question: string, ranked: readonly WeighedBlock[], parts: number): Drafted {
  const statementOf = statementOfBlock(question)
  const { items, versions, earlier, isOfTime } = settle(question, ranked, statementOf, MAX_SCORE_GAP)
  const score = ranked[0]?.score ?? 0
  const sender = senderOf(question, ranked)
  const blocks = (sender === undefined ? items : [sender, ...items.slice(0, 1)]).map((item, at) =>
    at === 0 ? { ...item, score } : item,
  )
  const piecesOf = (some: readonly WeighedBlock[]) => compose(question, some, parts).map(pieceOfBlock)
  const [closest] = piecesOf(blocks.slice(0, 1))
  const older =
    earlier === undefined || sender !== undefined ? undefined : pieceOfBlock(composeBrief(earlier))
  return {
    pieces: piecesOf(blocks),
    closest,
    versions: versions.length,
    earlier: older && closest && asEarlier(question, older, closest),
    isOfTime,
    isOfThing: isOfAskedThing(question, blocks.map(statementOf)),
  }
}

function draftOfProse(
  { standalone: question, excerpts }: GenerateInput,
  ranked: readonly RankedSentence[],
  enough: number,
  parts: number,
): Drafted {
  const statementOf = statementOfSentence(question, excerpts)
  const { items, versions, earlier, isOfTime } = settle(question, ranked, statementOf, MAX_PROSE_GAP)
  const probability = versions.reduce((sum, version) => sum + version.probability, 0)
  const sentences = items.map((item, at) => (at === 0 ? { ...item, probability } : item))
  const [closest] = sentences.slice(0, 1).map(quoteOf).map(pieceOfQuote)
  return {
    pieces: quotesOf(sentences, enough, parts).map(pieceOfQuote),
    closest,
    versions: versions.length,
    earlier: earlier && closest && asEarlier(question, pieceOfQuote(quoteOf(earlier)), closest),
    isOfTime,
    isOfThing: isOfAskedThing(question, sentences.map(statementOf)),
  }
}

/** How much less probable than the best sentence a version of it may be, as the logarithm of their ratio. */
const MAX_PROSE_GAP = 4

/** What was said before `now`; a name tells where, if it is another document. */
function asEarlier(question: string, piece: Piece, now: Piece): Piece {
  const { replies } = KNOWLEDGE[detectLanguage(question)]
  const { document, uri } = piece.citation
  const name =
    fileName(uri) === fileName(now.citation.uri) ? uri.split('/').slice(-2).join('/') : fileName(uri)
  const head = replies.earlier(document === now.citation.document ? undefined : name)
  return { ...piece, text: `${head}${piece.text.includes('\n') ? '\n\n' : ' '}${piece.text}` }
}

const isOfAskedThing = (question: string, statements: readonly Statement[]): boolean =>
  statements[0] === undefined || !namesAnotherThing(question, statements[0], statements)

/** Paragraphs of one text; under the headings of several sections, these tell them apart. */
const isProse = ({ block, excerpt }: Unit): boolean =>
  block.kind === 'paragraph' && block.headings.every((heading) => heading === excerpt.title)

async function rankedBlocks(
  embedder: Embedder,
  { standalone, questionVector, signal }: GenerateInput,
  units: readonly Unit[],
): Promise<WeighedBlock[]> {
  const words = wordsOfUnits(standalone, units)
  const compared = shortlistUnits(standalone, units, words)
  const matches = await matchUnits(embedder, { text: standalone, vector: questionVector }, compared, signal)
  return rankCandidates(standalone, blockCandidatesOf(standalone, units), words, matches)
}

function pieceOfBlock({ text, spans, markOnOwnLine, unit }: AnswerBlock): Piece {
  const { excerpt, passage, block } = unit
  const { document, uri, title } = excerpt
  const quoted = spans.map((span) => ({ ...span, text: excerpt.text(span) }))
  const main = quoted.find((span) => contains(block, span)) ?? {
    start: block.start,
    end: block.end,
    text: unit.text,
  }
  return {
    text,
    mark: markOnOwnLine ? '\n\n' : ' ',
    citation: {
      document,
      uri,
      title,
      ...main,
      spans: quoted.length > 1 ? quoted : undefined,
      score: Math.min(1, Math.max(0, passage.score)),
      heading: block.headings.length > 0 ? block.headings.join(' › ') : passage.heading,
      page: block.page ?? passage.page,
      line: lineOf(unit, main.start),
    },
  }
}

/** Lines are known of passages; what stands before its passage has none. */
function lineOf({ passage }: Unit, start: number): number | undefined {
  const { line, text } = passage
  if (line === undefined || start < passage.start || start > passage.end) return undefined
  return line + newlines(text.slice(0, start - passage.start))
}

function pieceOfQuote({ passage, start, end, text, similarity }: Quote): Piece {
  const { document, uri, title, heading, page, line } = passage
  return {
    text,
    mark: ' ',
    citation: {
      document,
      uri,
      title,
      start: passage.start + start,
      end: passage.start + end,
      text,
      score: Math.min(1, Math.max(0, similarity)),
      heading,
      page,
      line: line === undefined ? undefined : line + newlines(passage.text.slice(0, start)),
    },
  }
}

const newlines = (text: string) => text.split('\n').length - 1
