/**
 * What the rest of the program asks of the database, one small repository per aggregate. One implementation
 * (drizzle over `pg`) serves PGlite and PostgreSQL: see open.ts.
 */
import type { ArchiveRecord } from '../backup/records.ts'
import type {
  Answer,
  AnswerState,
  Citation,
  ConversationSummary,
  SearchFilter,
  Turn,
} from '../domain/answer.ts'
import type {
  Collection,
  CollectionSummary,
  DocumentSummary,
  EmbeddedChunk,
  IndexSpec,
  Metadata,
} from '../domain/document.ts'
import type { ErrorCode } from '../domain/errors.ts'
import type { Language } from '../domain/language.ts'
import type { Principal } from '../domain/principal.ts'
import type { Move, NewSource, Source, SourceDocument, SourceSummary, Validators } from '../domain/source.ts'
import type { Term } from '../retrieval/bm25.ts'
import type { ApproximateIndex } from './approximate-index.ts'

export interface Store {
  readonly collections: CollectionRepository
  readonly sources: SourceRepository
  readonly documents: DocumentRepository
  readonly index: IndexRepository
  readonly conversations: ConversationRepository
  readonly answers: AnswerRepository
  readonly cachedAnswers: CachedAnswerRepository
  readonly backup: BackupRepository
  /** One round trip: throws `database_unreachable` when the database does not answer. */
  ping(): Promise<void>
  /** Which database this is, for status and doctor: for example `PGlite (PostgreSQL 18.6, pgvector 0.8.7)`. */
  describe(): Promise<string>
  /** VACUUM and ANALYZE, which PGlite does not do by itself; nothing on PostgreSQL, whose autovacuum does. */
  maintain(): Promise<void>
  close(): Promise<void>
}

export interface CollectionRepository {
  /** Throws `collection_exists` or `invalid_collection_name`. */
  create(principal: Principal, name: string): Promise<Collection>
  /** The collection of that name, made when it does not exist. */
  ensure(principal: Principal, name: string): Promise<Collection>
  list(principal: Principal): Promise<CollectionSummary[]>
  /** Changes its settings; throws `unknown_collection`. */
  configure(principal: Principal, name: string, settings: { readonly cache: boolean }): Promise<Collection>
  /** The named collections, or all that the principal can read; throws `unknown_collection`. */
  readable(principal: Principal, names?: readonly string[]): Promise<Collection[]>
  /** Deletes its documents, chunks and vectors too; throws `unknown_collection`. */
  remove(principal: Principal, name: string): Promise<void>
}

export interface NewDocument {
  readonly uri: string
  readonly title: string
  readonly mediaType: string
  readonly language: Language
  readonly bytes: number
  readonly hash: string
  readonly text: string
  readonly warnings: readonly string[]
  readonly metadata: Metadata
  readonly modifiedAt: Date | null
  /** Of the same collection, else it is left out. A document that has a source keeps it. */
  readonly source: string | null
}

export interface SourceRepository {
  /** The source at that place, with these options from now on; throws `unknown_collection`. */
  remember(principal: Principal, collection: string, source: NewSource): Promise<Source>
  /** Throws `unknown_collection`. This and the rest throw `unknown_source`. */
  list(principal: Principal, collection?: string): Promise<SourceSummary[]>
  /** A page of its documents by uri. */
  documents(
    principal: Principal,
    id: string,
    page: { readonly limit: number; readonly after?: string | undefined },
  ): Promise<{ collection: string; documents: SourceDocument[] }>
  /** Those of these documents of its collection that have no source become its own. */
  adopt(principal: Principal, id: string, uris: readonly string[]): Promise<void>
  /**
   * Renames and deletes documents of the source in one transaction, and raises the revision once if there were
   * any. A document moves with its id, chunks and vectors, unless its new name is taken.
   */
  change(
    principal: Principal,
    id: string,
    changes: { readonly moves: readonly Move[]; readonly removals: readonly string[] },
  ): Promise<{ moved: Move[]; removed: string[] }>
  /** It was read to its end. */
  synced(principal: Principal, id: string, validators: Validators): Promise<void>
  /** Forgets it; `removed` documents went with it. */
  remove(
    principal: Principal,
    id: string,
    documents: 'keep' | 'remove',
  ): Promise<{ source: Source; removed: number }>
}

export interface PlaceInDocument {
  /** Where the chunk begins. */
  readonly start: number
  readonly heading?: string
  readonly page?: number
  /** Of `start`. */
  readonly line?: number
}

export interface DocumentQuery {
  readonly collection?: string
  /** A page of all collections is longer where its last uri is in several: a uri is never split over pages. */
  readonly limit: number
  /** The last uri of the page before. */
  readonly after?: string
}

export interface DocumentRepository {
  /**
   * Of these files, the uris whose content the active index of `collection` does not hold under this spec;
   * `changed` are those of them that it knows with other content. This, `knownVectors` and `put` throw `unknown_collection`.
   */
  missing(
    principal: Principal,
    collection: string,
    spec: IndexSpec,
    files: readonly { uri: string; hash: string }[],
  ): Promise<{ needed: string[]; changed: string[] }>
  /** Vectors that the collection's active generation already has for these chunk hashes. */
  knownVectors(
    principal: Principal,
    collection: string,
    spec: IndexSpec,
    hashes: readonly string[],
  ): Promise<Map<string, Float32Array>>
  /**
   * Stores a document with its chunks and vectors in one transaction and raises the collection's revision.
   * A document of the same uri is replaced and keeps its id; the same content changes nothing.
   * Throws `index_mismatch` when the collection's index was made with another spec.
   */
  put(
    principal: Principal,
    collection: string,
    spec: IndexSpec,
    document: NewDocument,
    chunks: readonly EmbeddedChunk[],
  ): Promise<{ document: DocumentSummary; status: 'indexed' | 'unchanged' }>
  list(principal: Principal, query: DocumentQuery): Promise<DocumentSummary[]>
  /** By id, unique id prefix (≥ 4 characters) or uri; throws `unknown_document` or `ambiguous_document`. */
  get(principal: Principal, reference: string): Promise<DocumentSummary>
  /** The stored text of a document found as `get` finds it. */
  text(principal: Principal, reference: string): Promise<{ document: DocumentSummary; text: string }>
  /** The last chunk of a document that begins at this offset or before it, as the place of what stands there. */
  placeAt(principal: Principal, document: string, offset: number): Promise<PlaceInDocument | undefined>
  remove(principal: Principal, reference: string): Promise<DocumentSummary>
}

export interface Candidate {
  readonly chunk: string
  readonly document: string
  /** Its name. */
  readonly collection: string
  readonly uri: string
  readonly title: string
  readonly start: number
  readonly end: number
  readonly text: string
  readonly heading: string
  readonly page?: number
  readonly line?: number
  readonly ordinal: number
  /** Of the document. */
  readonly language: Language
  /** Of the document's text, in UTF-16 code units. */
  readonly length: number
  /** As the embedding model counts. */
  readonly tokens: number
  /** Cosine similarity, -1 to 1. */
  readonly similarity: number
  /** BM25: the inner product of its weights and the question's; 0 when none was asked. */
  readonly lexical: number
}

/** The words of a question, weighed by their rarity. */
export interface LexicalQuery {
  readonly weights: readonly Term[]
  /** In how many chunks each is, from `frequencies`. */
  readonly found: ReadonlyMap<number, number>
  /** Terms that a passage must all have to hold a phrase, one list a phrase. */
  readonly phrases: readonly (readonly number[])[]
  /** Whether candidates are named by their words alone. */
  readonly alone?: boolean
}

/** What is searched, and with which model's vectors. */
interface SearchedIndexes {
  readonly collections: readonly Collection[]
  readonly model: string
  readonly dimensions: number
}

interface Generation {
  readonly id: number
  readonly collection: string
  readonly spec: IndexSpec
  readonly state: 'building' | 'active' | 'retired'
  readonly documents: number
  readonly chunks: number
  /** How vectors are searched: `exact` or the name of the approximate index. */
  readonly access: string
  /** Bytes on disk of the vectors and their indexes. */
  readonly bytes: number
  readonly createdAt: Date
}

export interface IndexRepository {
  /**
   * The chunks of the active generations of these collections that are nearest to the vector, and those that are
   * best by the words, at most `limit` of each, all with both scores; by similarity. Collections whose generation
   * has another model are an `index_mismatch`; those without one have no chunks yet.
   */
  nearest(
    principal: Principal,
    query: {
      readonly collections: readonly Collection[]
      readonly model: string
      readonly vector: Float32Array
      readonly lexical?: LexicalQuery
      readonly limit: number
      readonly filter?: SearchFilter
    },
  ): Promise<Candidate[]>
  /**
   * In how many of how many chunks these terms are. Not `complete`: the words of some chunks are not indexed yet,
   * so that a search by words would miss them.
   */
  frequencies(
    principal: Principal,
    query: SearchedIndexes & { readonly terms: readonly number[] },
  ): Promise<{
    readonly complete: boolean
    readonly chunks: number
    readonly found: ReadonlyMap<number, number>
  }>
  /** Makes a batch of missing rows of the index of words; false when none are missing. */
  completeTerms(): Promise<boolean>
  /** Counts the frequent terms of the indexes that have changed since they were counted. */
  countTerms(): Promise<void>
  /** On PostgreSQL, builds the approximate indexes that pay and are missing, one daemon at a time; an abort ends it. */
  buildApproximateIndexes(signal: AbortSignal): Promise<void>
  /** On PostgreSQL, builds the approximate index of a generation with this many vectors, or as many as make it pay. */
  ensureApproximateIndex(generation: number, worthwhile?: number): Promise<ApproximateIndex>
  list(principal: Principal): Promise<Generation[]>
}

/** What a restore did. */
export interface Restored {
  readonly collections: number
  readonly documents: number
  readonly conversations: number
  /** Documents and conversations that were there already. */
  readonly unchanged: number
}

export interface BackupRepository {
  /**
   * Everything that is kept, whoever owns it, but for answers that still run: collections each as it was at one
   * moment, while the store goes on serving. The `header` is not among the records.
   */
  export(principal: Principal): AsyncGenerator<ArchiveRecord>
  /**
   * Adds what an archive holds to what is there: each document and each conversation in one transaction, so that
   * whatever ends this leaves nothing half done, and doing it again continues. A document of the same name is
   * replaced. Throws `index_mismatch` where a collection of that name was indexed otherwise, `backup_corrupt`.
   */
  restore(principal: Principal, records: AsyncIterable<ArchiveRecord>): Promise<Restored>
}

export interface ConversationRepository {
  list(principal: Principal, limit: number): Promise<ConversationSummary[]>
  /** Throws `unknown_conversation`, also for another principal's. */
  turns(
    principal: Principal,
    id: string,
    limit: number,
  ): Promise<{ conversation: ConversationSummary; turns: Turn[] }>
  remove(principal: Principal, id: string): Promise<void>
}

interface Lease {
  /** The daemon instance that runs the answer. */
  readonly owner: string
  readonly until: Date
}

export interface NewAsk {
  readonly id: string
  /** SHA-256 of the canonical body: the same id with another body is `id_reused`. */
  readonly bodyHash: string
  readonly question: string
  /** An existing conversation of the principal; without it a new one is made. */
  readonly conversation?: string
  readonly collections: readonly Collection[]
  readonly language: Language
  readonly generator: string
  readonly lease: Lease
}

/** What `begin` found under the ask's id. */
export type Begun =
  /** New, or taken over from a daemon whose lease lapsed or that was interrupted: epoch 2 or more. */
  | { readonly kind: 'started'; readonly conversation: string; readonly epoch: number }
  | {
      readonly kind: 'running'
      readonly conversation: string
      readonly epoch: number
      readonly owner: string
    }
  | {
      readonly kind: 'finished'
      readonly conversation: string
      readonly epoch: number
      readonly answer: Answer
    }
  | {
      readonly kind: 'ended'
      readonly conversation: string
      readonly epoch: number
      readonly state: Exclude<AnswerState, 'running' | 'complete' | 'interrupted'>
      readonly errorCode: ErrorCode
      readonly errorMessage: string
    }

/** A question's embedding and the fingerprint of the model that made it: only such of one model compare. */
interface QuestionVector {
  readonly model: string
  readonly vector: Float32Array
}

export interface AnswerRepository {
  /** Writes the durable row of an ask and its user message, in one transaction; throws `id_reused`, `unknown_conversation`. */
  begin(principal: Principal, ask: NewAsk): Promise<Begun>
  /**
   * Stores the complete answer, its citations and its message, if this epoch still owns the row; false
   * when another attempt has taken over or the ask has ended, and then nothing was written. Nor is anything of an
   * answer taken `from` the cache that may no longer be given: it was cleared or is too old, or what the row
   * searched has changed or is gone.
   */
  complete(
    principal: Principal,
    epoch: number,
    answer: Answer,
    questionVector?: QuestionVector,
    from?: { readonly source: AnswerSource; readonly partition: string },
  ): Promise<boolean>
  /** Ends an ask without a complete answer; keeps what was generated. An interrupted one may begin anew. False as in `complete`. */
  end(
    principal: Principal,
    id: string,
    epoch: number,
    state: 'failed' | 'cancelled' | 'interrupted',
    error: { code: ErrorCode; message: string },
    text: string,
  ): Promise<boolean>
  /** Extends the leases that this owner holds. */
  renew(owner: string, until: Date): Promise<void>
  /** Marks others' running answers as interrupted: those whose lease lapsed, or all when `owner` is alone. */
  interruptLapsed(owner: string, now: Date, alone: boolean): Promise<number>
  get(
    principal: Principal,
    id: string,
  ): Promise<{ state: AnswerState; answer?: Answer; citations: readonly Citation[] }>
}

/** The row in `answers` that a cached answer is. */
export interface AnswerSource {
  readonly principal: string
  readonly answer: string
}

export interface CachedQuestion {
  readonly source: AnswerSource
  readonly question: string
  /** Cosine similarity, -1 to 1. */
  readonly similarity: number
}

/** Answers that may be given again, by the meaning of their questions. */
export interface CachedAnswerRepository {
  /** The nearest questions of the partition, best first. */
  nearest(
    principal: Principal,
    partition: string,
    vector: Float32Array,
    limit: number,
  ): Promise<CachedQuestion[]>
  /** Undefined when it is gone. */
  get(principal: Principal, source: AnswerSource): Promise<CachedAnswer | undefined>
  /**
   * Remembers the principal's complete answer, and lets those go that were not used for longest when there are more
   * than `most` (up to 64 more are let in). False, and nothing is kept, when what it searched has changed since.
   */
  keep(
    principal: Principal,
    answer: string,
    entry: { readonly partition: string; readonly vector: Float32Array; readonly expiresAt: Date },
    most: number,
  ): Promise<boolean>
  /** Of those that can still be given. Bytes of vectors and texts. */
  stats(principal: Principal): Promise<{ entries: number; bytes: number }>
  /** How many there were. */
  clear(principal: Principal): Promise<number>
}

export interface CachedAnswer extends Pick<Answer, 'question' | 'text' | 'citations' | 'warnings'> {
  readonly source: AnswerSource
  /** When the answer was made: ISO 8601. */
  readonly askedAt: string
}
