import { ChatbotError } from './errors.ts'
import type { Language } from './language.ts'
import type { PackedBlocks } from './packed-blocks.ts'

/** A span of a document's stored text, in UTF-16 code units, `end` exclusive, never inside a surrogate pair. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A loader's result: the text to store, and the structure the splitter follows. */
export interface LoadedDocument {
  readonly title: string
  readonly mediaType: string
  /**
   * Stored unchanged; every span of this document points into it. Lines end with `\n`; it has no NUL and no BOM.
   */
  readonly text: string
  /** Blocks in reading order, not overlapping. Text between them is never indexed. */
  readonly blocks: readonly LoadedBlock[]
  /** Whether lines of `text` are lines of the user's file, so that `path:line` leads there. */
  readonly linesMatchFile: boolean
  /** What the document states about itself besides its title: front matter, headers, properties. */
  readonly metadata?: Metadata
  /** When it was written or last changed, according to the document. */
  readonly modifiedAt?: Date
  /** Notes for the user: pages without text, parts that were left out. */
  readonly warnings?: readonly string[]
}

/** Names in lower case. */
export type Metadata = Readonly<Record<string, string>>

export type LoadedBlockKind = 'heading' | 'paragraph' | 'list' | 'table' | 'code' | 'quote'

/** What a loader knows of a block that its text does not show. */
export interface BlockHints {
  /** Of a table: its first lines that name its columns, with its caption. Without it, its text tells. */
  readonly headerRows?: number
  /** Of code, as its author names it. */
  readonly language?: string
  /** A list of what the document says of itself, such as the sender and the date of a message. */
  readonly areFields?: boolean
}

export interface LoadedBlock extends Span, BlockHints {
  readonly kind: LoadedBlockKind
  /** Titles of the enclosing sections, outermost first; a heading's own title is not in its path. */
  readonly headings: readonly string[]
  /** 1-based page or slide, if the format has them. A sheet is the first title of the section path. */
  readonly page?: number
}

/** A piece of a document small enough for the embedder. `text` is exactly the stored text at the span. */
export interface Chunk extends Span {
  readonly ordinal: number
  readonly text: string
  /** Section path joined by ` › `; empty if there is none. */
  readonly heading: string
  readonly page?: number
  /** 1-based line of `start` in the user's file, if lines match. */
  readonly line?: number
  /** What the embedder reads: title and headings for context, then the text. */
  readonly embedText: string
  /** SHA-256 of `embedText` (hex): equal chunks have equal vectors. */
  readonly hash: string
  readonly tokens: number
  /** Null if an earlier version stored it. */
  readonly blocks: PackedBlocks | null
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
  /** The document's own date, else the file's modification time; null if neither is known. */
  readonly modifiedAt: Date | null
  readonly ingestedAt: Date
}

export interface Collection {
  readonly id: string
  readonly name: string
  /** Raised once per committed batch of changes; part of every cache key and answer record. */
  readonly revision: number
  /** Whether its answers may be cached. */
  readonly cache: boolean
  /** The engine for questions that name none; null: the configured one. */
  readonly engine: string | null
  readonly createdAt: Date
}

/** A collection as seen by a question. */
export interface SearchedCollection extends Collection {
  /** Documents that are accepted but not searchable yet. */
  readonly indexing: number
}

export interface CollectionSummary extends Collection {
  readonly documents: number
  readonly chunks: number
}

/** Makes two indexes comparable: vectors of different specs are never mixed. */
export interface IndexSpec {
  /** The model's name for users: `builtin`, `org/name` or a folder; not compared. */
  readonly reference: string
  /** Fingerprint of the embedding model: name and the first 12 hex digits of its file's SHA-256. */
  readonly model: string
  readonly dimensions: number
  readonly splitter: string
}

/** Problems that index verification reports: see docs/INDEX.md. */
export const INDEX_PROBLEMS = [
  'no_partition',
  'text_length',
  'chunk_count',
  'chunk_span',
  'chunk_blocks',
  'chunk_hash',
  'vector',
  'terms',
  'orphan',
  'low_recall',
] as const

/** Problems that a rebuild repairs. */
export const REBUILT_PROBLEMS: readonly (typeof INDEX_PROBLEMS)[number][] = [
  'no_partition',
  'text_length',
  'chunk_count',
  'chunk_span',
  'chunk_blocks',
  'chunk_hash',
  'vector',
]

/** UTF-16 code units; COLLECTION_NAME allows no more. */
export const MAX_COLLECTION_NAME_CHARACTERS = 63

export const COLLECTION_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/

/** Returns the name if it is valid; throws `invalid_collection_name`. */
export function checkCollectionName(name: string): string {
  if (COLLECTION_NAME.test(name)) return name
  throw new ChatbotError(
    'invalid_collection_name',
    `"${name}" is not a valid collection name: use at most ${MAX_COLLECTION_NAME_CHARACTERS} lower-case letters, digits, dots, dashes and underscores, starting with a letter or digit.`,
  )
}
