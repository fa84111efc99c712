import type { Span } from './document.ts'
import type { ChatbotError } from './errors.ts'
import type { Language } from './language.ts'

export const STAGES = ['rewrite', 'embed', 'cache', 'retrieve', 'generate', 'remember'] as const
export type StageName = (typeof STAGES)[number]

/** A retrieved piece of a document, numbered from 1 in the order of relevance. */
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
  /** Why it stands where it stands; absent when it was not found by a search. */
  readonly scores?: Scores
}

/** What a passage's rank was made of. */
export interface Scores {
  /** Cosine similarity of question and passage. */
  readonly vector: number
  /** BM25; 0 when no word of the question is in it. */
  readonly lexical: number
  /** What decides the order, unless a reranker does: the cosine, and what the words and sentences add to it. */
  readonly fused: number
  /** Cosine similarity of its best sentence, where sentences were compared. */
  readonly sentence?: number
  /** Logit of the reranker, where it was asked. */
  readonly rerank?: number
  /** The question's words that it holds, as they are compared. */
  readonly matched: readonly string[]
}

/** What a search found. */
export interface RetrievedPassages {
  /** Best first. */
  readonly passages: readonly Passage[]
  /** What the asker should know about what is missing. */
  readonly warnings: readonly string[]
  /** False when the same search may find more soon: a part of it failed or is not indexed yet. */
  readonly whole: boolean
}

/** A verified quotation: the stored text of `document` at [start, end) is exactly `text`. */
export interface Citation extends Span {
  /** The mark in the answer's text: 1 for `[1]`. */
  readonly number: number
  readonly document: string
  readonly uri: string
  readonly title: string
  readonly text: string
  readonly heading?: string
  readonly page?: number
  readonly line?: number
  readonly score: number
}

export interface Usage {
  readonly promptTokens: number
  readonly completionTokens: number
}

/** Where a cached answer came from. */
export interface CacheHit {
  readonly tier: 'exact' | 'semantic'
  /** The earlier question whose answer this is, where the same asker asked it: nobody sees another's words. */
  readonly question?: string
  /** When it was answered: ISO 8601. */
  readonly askedAt?: string
}

export type Timings = Readonly<Partial<Record<StageName | 'total', number>>>

/** A complete answer. The concatenated deltas of its last epoch equal `text`. */
export interface Answer {
  /** The asker's own id of the ask (UUID). */
  readonly id: string
  readonly conversation: string
  readonly question: string
  /** What was searched instead, when the question leans on earlier turns. */
  readonly searched?: string
  readonly text: string
  /** True when the documents do not hold the answer, and `text` says so. */
  readonly refused: boolean
  readonly citations: readonly Citation[]
  readonly cached: false | CacheHit
  readonly generator: string
  readonly language: Language
  readonly usage?: Usage
  /** Milliseconds. */
  readonly timings: Timings
  readonly warnings: readonly string[]
}

/** What every consumer of an answer sees, whoever generates it. */
export type AnswerEvent =
  | {
      readonly type: 'stage'
      readonly stage: StageName
      readonly state: 'started' | 'finished'
      readonly ms?: number
    }
  | { readonly type: 'context'; readonly passages: readonly Passage[] }
  | { readonly type: 'delta'; readonly text: string }
  /** A new attempt: keep the first `keep` UTF-16 code units of the text, drop the rest. */
  | { readonly type: 'restart'; readonly keep: number }
  | { readonly type: 'done'; readonly answer: Answer }
  | { readonly type: 'error'; readonly error: ChatbotError }

/** The text after one more event. */
export function grownText(text: string, event: AnswerEvent): string {
  if (event.type === 'delta') return text + event.text
  return event.type === 'restart' ? text.slice(0, event.keep) : text
}

/** Epoch of the attempt, and the event's number in it, gap-free from 1. */
export interface Position {
  readonly epoch: number
  readonly seq: number
}

export type AnswerState = 'running' | 'complete' | 'failed' | 'cancelled' | 'interrupted'

/** One question of a conversation and what became of it. */
export interface Turn {
  readonly id: string
  readonly question: string
  /** As in the answer. */
  readonly searched?: string
  readonly state: AnswerState
  readonly text: string
  readonly refused: boolean
  readonly citations: readonly Citation[]
  readonly askedAt: Date
}

/** A turn that is in no conversation here: the asker tells it. */
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
 * Narrows a search to documents that fit all of it, and one of each list. Globs: `*` within a folder, `**` across
 * folders.
 */
export interface SearchFilter {
  /** Globs on the document's uri. */
  readonly paths?: readonly string[] | undefined
  readonly excludePaths?: readonly string[] | undefined
  /** Globs on the location of the source that it came from. */
  readonly sources?: readonly string[] | undefined
  readonly languages?: readonly Language[] | undefined
  /** ISO 8601: modified at or after this moment. What has no known date is left out. */
  readonly modifiedFrom?: string | undefined
  /** ISO 8601: modified before this moment. */
  readonly modifiedBefore?: string | undefined
  /** What the document says of itself, whatever the case: `{ author: 'Anna' }`. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** The same for filters that mean the same. */
export const canonicalFilter = (filter: SearchFilter = {}): unknown[] => [
  [...(filter.paths ?? [])].sort(),
  [...(filter.excludePaths ?? [])].sort(),
  [...(filter.sources ?? [])].sort(),
  [...(filter.languages ?? [])].sort(),
  filter.modifiedFrom ?? null,
  filter.modifiedBefore ?? null,
  Object.entries(filter.metadata ?? {}).sort(),
]
