import type { Certainty } from './certainty.ts'
import type { Span } from './document.ts'
import type { ChatbotError } from './errors.ts'
import type { Language } from './language.ts'

export const STAGES = ['understand', 'rewrite', 'embed', 'cache', 'retrieve', 'generate', 'storing'] as const
export type StageName = (typeof STAGES)[number]

/** A retrieved piece of a document, numbered from 1 by relevance. */
export interface Passage extends Span {
  readonly number: number
  readonly chunk: string
  readonly document: string
  readonly collection: string
  readonly uri: string
  readonly title: string
  readonly text: string
  readonly heading?: string
  readonly page?: number
  /** 1-based line of `start` in the user's file. */
  readonly line?: number
  /** Cosine similarity to the question, 0 to 1. */
  readonly score: number
  /** How it was ranked; absent if it was not found by a search. */
  readonly scores?: Scores
}

/** The components of a passage's rank. */
export interface Scores {
  /** Cosine similarity of question and passage. */
  readonly vector: number
  /** BM25; 0 if it contains no word of the question. */
  readonly lexical: number
  /** Decides the order unless a reranker does: the cosine plus what words and sentences add. */
  readonly fused: number
  /** Cosine similarity of its best sentence, if sentences were compared. */
  readonly sentence?: number
  /** Logit of the reranker, if it was used. */
  readonly rerank?: number
  /** The question's words that it contains, in the form they are compared in. */
  readonly matched: readonly string[]
}

/** The result of a search. */
export interface RetrievedPassages {
  /** Best first. */
  readonly passages: readonly Passage[]
  /** What the asker should know about missing results. */
  readonly warnings: readonly string[]
  /** False if the same search may find more soon: a part of it failed or is not indexed yet. */
  readonly whole: boolean
  /** What was searched instead of the question, because no document has some word as the question spells it. */
  readonly searched?: string | undefined
}

/** A part of a document: its stored text at [start, end) is exactly `text`. */
export interface QuotedSpan extends Span {
  readonly text: string
}

/** Spans that one citation may quote. */
export const MAX_QUOTED_SPANS = 64

/** A verified quotation of `document`. */
export interface Citation extends QuotedSpan {
  /** The mark in the answer's text: 1 for `[1]`. */
  readonly number: number
  readonly document: string
  readonly uri: string
  readonly title: string
  /**
   * Present if the citation quotes several spans, such as a table's header and a row: all of them, in the order of
   * the answer. The citation's own span is the main one.
   */
  readonly spans?: readonly QuotedSpan[]
  readonly heading?: string
  readonly page?: number
  readonly line?: number
  readonly score: number
}

/** Passages that no citation quotes from. */
export const unquoted = (passages: readonly Passage[], citations: readonly Citation[]): readonly Passage[] =>
  passages.filter(
    ({ document, start, end }) =>
      !citations.some(
        (cited) =>
          cited.document === document &&
          [cited, ...(cited.spans ?? [])].some((span) => span.start < end && start < span.end),
      ),
  )

export interface Usage {
  readonly promptTokens: number
  readonly completionTokens: number
}

/** Where a cached answer came from. */
export interface CacheHit {
  readonly tier: 'exact' | 'semantic'
  /**
   * The earlier question that this answer was made for, only if the same asker asked it: nobody sees another's
   * words.
   */
  readonly question?: string
  /** When it was answered: ISO 8601. */
  readonly askedAt?: string
}

export type Timings = Readonly<Partial<Record<StageName | 'total', number>>>

/** A complete answer. `text` equals the concatenated deltas of the last epoch. */
export interface Answer {
  /** The client's id of the ask (UUID). */
  readonly id: string
  readonly conversation: string
  readonly question: string
  /** The question that was searched, if a follow-up was made standalone. */
  readonly searched?: string
  readonly text: string
  readonly certainty: Certainty
  readonly citations: readonly Citation[]
  readonly cached: false | CacheHit
  readonly generator: string
  readonly language: Language
  readonly usage?: Usage
  /** Milliseconds. */
  readonly timings: Timings
  readonly warnings: readonly string[]
}

/** The events of an answer, the same for every engine. */
export type AnswerEvent =
  | {
      readonly type: 'stage'
      readonly stage: StageName
      readonly state: 'started' | 'finished'
      readonly ms?: number
    }
  | { readonly type: 'context'; readonly passages: readonly Passage[] }
  | { readonly type: 'delta'; readonly text: string }
  /**
   * A new attempt, or another text: keep the first `keep` UTF-16 code units, drop the rest. In the log with the `kept`
   * text, for readers who have not seen it.
   */
  | { readonly type: 'restart'; readonly keep: number; readonly kept?: string }
  /** The text so far, for a reader who missed events: it stands in for all events up to its position. */
  | { readonly type: 'snapshot'; readonly text: string }
  | { readonly type: 'done'; readonly answer: Answer }
  | { readonly type: 'error'; readonly error: ChatbotError }

/** The text after one more event. */
export function grownText(text: string, event: AnswerEvent): string {
  if (event.type === 'delta') return text + event.text
  if (event.type === 'snapshot') return event.text
  return event.type === 'restart' ? (event.kept ?? text.slice(0, event.keep)) : text
}

/** Epoch of the attempt, and the event's number in it, gap-free from 1: it names one event, whoever reads it. */
export interface Position {
  readonly epoch: number
  readonly seq: number
}

/** Before the first event. */
export const START: Position = { epoch: 0, seq: 0 }

export type AnswerState = 'running' | 'complete' | 'failed' | 'cancelled' | 'interrupted'

/** One question of a conversation and its outcome. */
export interface Turn {
  readonly id: string
  readonly question: string
  /** As in the answer. */
  readonly searched?: string
  readonly state: AnswerState
  readonly text: string
  /** Of the complete answer. */
  readonly certainty: Certainty
  readonly citations: readonly Citation[]
  readonly askedAt: Date
}

/** A turn of a conversation that the client keeps. */
export interface EarlierTurn {
  readonly question: string
  readonly answer: string
}

export interface ConversationSummary {
  readonly id: string
  readonly title: string
  readonly turns: number
  readonly createdAt: Date
  readonly updatedAt: Date
}

/**
 * Narrows a search to documents that match every field, and at least one entry of each list. Globs: `*` within a
 * folder, `**` across folders.
 */
export interface SearchFilter {
  /** Globs on the document's uri. */
  readonly paths?: readonly string[] | undefined
  readonly excludePaths?: readonly string[] | undefined
  /** Names of folders, or of files without their ending: one of them is in its uri. Case is ignored. */
  readonly within?: readonly string[] | undefined
  readonly notWithin?: readonly string[] | undefined
  /** Endings of file names, such as `pdf`. Case is ignored. */
  readonly types?: readonly string[] | undefined
  /** Globs on the location of its source. */
  readonly sources?: readonly string[] | undefined
  readonly languages?: readonly Language[] | undefined
  /** ISO 8601: modified at or after this moment. Documents without a known date are left out. */
  readonly modifiedFrom?: string | undefined
  /** ISO 8601: modified before this moment. */
  readonly modifiedBefore?: string | undefined
  /** The document's metadata, case-insensitive: `{ author: 'Anna' }`. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** A canonical form: equal for equivalent filters. */
export const canonicalFilter = (filter: SearchFilter = {}): unknown[] => [
  [...(filter.paths ?? [])].sort(),
  [...(filter.excludePaths ?? [])].sort(),
  [...(filter.sources ?? [])].sort(),
  [...(filter.languages ?? [])].sort(),
  filter.modifiedFrom ?? null,
  filter.modifiedBefore ?? null,
  Object.entries(filter.metadata ?? {}).sort(),
  // Earlier versions did not have these: without them, the form stays theirs.
  ...[filter.within, filter.notWithin, filter.types].flatMap((names, at) =>
    names === undefined ? [] : [[at, ...names.toSorted()]],
  ),
]
