import { ChatbotError } from './errors.ts'
import type { Language } from './language.ts'

/** A span of a document's stored text, in UTF-16 code units, `end` exclusive, never inside a surrogate pair. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** What a loader makes of a file: the text to store, and the structure the splitter cuts along. */
export interface LoadedDocument {
  readonly title: string
  readonly mediaType: string
  /** Stored as it is; every span of this document points into it. Line ends are `\n`, no NUL, no BOM. */
  readonly text: string
  /** Blocks in reading order, not overlapping. What lies between them is never indexed. */
  readonly blocks: readonly Block[]
  /** Whether lines of `text` are lines of the user's file, so that `path:line` leads there. */
  readonly linesMatchFile: boolean
  /** What the document says of itself besides its title: front matter, headers, properties. */
  readonly metadata?: Metadata
  /** When it was written or last changed, as it says itself. */
  readonly modifiedAt?: Date
  /** What a reader should know: pages without text, parts that were left out. */
  readonly warnings?: readonly string[]
}

/** Names in lower case. */
export type Metadata = Readonly<Record<string, string>>

export type BlockKind = 'heading' | 'paragraph' | 'list' | 'table' | 'code' | 'quote'

export interface Block extends Span {
  readonly kind: BlockKind
  /** Titles of the sections around this block, outermost first; a heading's own title is not in its path. */
  readonly headings: readonly string[]
  /** 1-based page or slide, where the format has them. A sheet is the first title of the section path. */
  readonly page?: number
}

/** A piece of a document small enough for the embedder. `text` is exactly the stored text at the span. */
export interface Chunk extends Span {
  readonly ordinal: number
  readonly text: string
  /** Section path joined by ` › `, empty when there is none. */
  readonly heading: string
  readonly page?: number
  /** 1-based line of `start` in the user's file, where lines match. */
  readonly line?: number
  /** What the embedder reads: title and headings for context, then the text. */
  readonly embedText: string
  /** SHA-256 of `embedText` (hex): equal chunks have equal vectors. */
  readonly hash: string
  readonly tokens: number
}

export interface EmbeddedChunk extends Chunk {
  readonly vector: Float32Array
}

export interface DocumentSummary {
  readonly id: string
  readonly collection: string
  readonly uri: string
  readonly title: string
  readonly mediaType: string
  readonly language: Language
  /** Size of the file that was read, in bytes. */
  readonly bytes: number
  /** Length of the stored text in UTF-16 code units. */
  readonly length: number
  readonly chunks: number
  /** SHA-256 of the file's bytes, hex. */
  readonly hash: string
  readonly warnings: readonly string[]
  readonly metadata: Metadata
  /** As the document says, else when the file was last written; null when neither is known. */
  readonly modifiedAt: Date | null
  readonly ingestedAt: Date
}

export interface Collection {
  readonly id: string
  readonly name: string
  /** Raised once per committed batch of changes; part of every cache key and answer record. */
  readonly revision: number
  /** Whether answers from it may be reused. */
  readonly cache: boolean
  /** Answers questions that name no engine; null: the configured one. */
  readonly engine: string | null
  readonly createdAt: Date
}

/** A collection as a question finds it. */
export interface SearchedCollection extends Collection {
  /** Documents that were taken in and cannot be found yet. */
  readonly indexing: number
}

export interface CollectionSummary extends Collection {
  readonly documents: number
  readonly chunks: number
}

/** What makes two indexes comparable: vectors of different specs are never mixed. */
export interface IndexSpec {
  /** How users name the model: `builtin`, `org/name` or a folder; not compared. */
  readonly reference: string
  /** Fingerprint of the embedding model: name and the first 12 hex digits of its file's SHA-256. */
  readonly model: string
  readonly dimensions: number
  readonly splitter: string
}

/** What may be wrong with an index: see docs/INDEX.md. */
export const INDEX_PROBLEMS = [
  'no_partition',
  'text_length',
  'chunk_count',
  'chunk_span',
  'chunk_hash',
  'vector',
  'terms',
  'orphan',
  'low_recall',
] as const

/** Those that a rebuild repairs. */
export const REBUILT_PROBLEMS: readonly (typeof INDEX_PROBLEMS)[number][] = [
  'no_partition',
  'text_length',
  'chunk_count',
  'chunk_span',
  'chunk_hash',
  'vector',
]

/** UTF-16 code units; COLLECTION_NAME allows no more. */
export const MAX_COLLECTION_NAME_CHARACTERS = 63

export const COLLECTION_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/

/** The name, if a collection can be called so; throws `invalid_collection_name`. */
export function checkCollectionName(name: string): string {
  if (COLLECTION_NAME.test(name)) return name
  throw new ChatbotError(
    'invalid_collection_name',
    `"${name}" is no name for a collection: lower-case letters, digits, dot, dash and underscore, at most ${MAX_COLLECTION_NAME_CHARACTERS}, starting with a letter or digit.`,
  )
}
