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
  Chunk,
  Collection,
  CollectionSummary,
  DocumentSummary,
  EmbeddedChunk,
  INDEX_PROBLEMS,
  IndexSpec,
  Metadata,
  SearchedCollection,
} from '../domain/document.ts'
import type { ChatbotError, ErrorCode } from '../domain/errors.ts'
import type { Job, JobDocument, JobKind, StagedState } from '../domain/job.ts'
import type { Language } from '../domain/language.ts'
import type { Principal, Role } from '../domain/principal.ts'
import type { Move, NewSource, Source, SourceDocument, SourceSummary, Validators } from '../domain/source.ts'
import type { StoredDocument } from '../ingest/recut.ts'
import type { Term } from '../retrieval/bm25.ts'
import type {
  AuditRepository,
  GrantRepository,
  KeyRepository,
  SessionRepository,
  SigningKeyRepository,
  UserRepository,
} from './accounts.ts'
import type { ApproximateIndex } from './approximate-index.ts'
import type { PoolUse } from './database.ts'

export interface Store {
  readonly collections: CollectionRepository
  readonly sources: SourceRepository
  readonly documents: DocumentRepository
  readonly jobs: JobRepository
  readonly staging: StagingRepository
  readonly index: IndexRepository
  readonly rebuild: RebuildRepository
  readonly conversations: ConversationRepository
  readonly answers: AnswerRepository
  readonly cachedAnswers: CachedAnswerRepository
  readonly usage: UsageRepository
  readonly backup: BackupRepository
  readonly users: UserRepository
  readonly sessions: SessionRepository
  readonly keys: KeyRepository
  readonly grants: GrantRepository
  readonly signingKeys: SigningKeyRepository
  readonly audit: AuditRepository
  /** Rises with everything that takes a credential away. */
  revocations(): Promise<number>
  /** One round trip: throws `database_unreachable` when the database does not answer. */
  ping(): Promise<void>
  /** Which database this is, for status and doctor: for example `PGlite (PostgreSQL 18.6, pgvector 0.8.7)`. */
  describe(): Promise<string>
  pool(): PoolUse
  /** VACUUM and ANALYZE, which PGlite does not do by itself; nothing on PostgreSQL, whose autovacuum does. */
  maintain(): Promise<void>
  close(): Promise<void>
}

export interface CollectionSettings {
  readonly cache?: boolean | undefined
  /** Null: the configured one. */
  readonly engine?: string | null | undefined
}

export interface CollectionRepository {
  /** Throws `collection_exists`, `invalid_collection_name` or `forbidden`. */
  create(principal: Principal, name: string): Promise<Collection>
  /** The collection of that name for an editor of it, made when it does not exist; throws `forbidden`. */
  ensure(principal: Principal, name: string): Promise<Collection>
  list(principal: Principal): Promise<CollectionSummary[]>
  /** Changes the settings that are given; throws `unknown_collection`. */
  configure(principal: Principal, name: string, settings: CollectionSettings): Promise<Collection>
  /** The named collections, or all that the principal can read; throws `unknown_collection`. */
  readable(principal: Principal, names?: readonly string[]): Promise<SearchedCollection[]>
  /** Throws `forbidden` without this role on it, and `unknown_collection` when it cannot be read. */
  require(principal: Principal, name: string, role: Role): Promise<void>
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
   * Of these files, the uris whose content the active index of `collection` does not hold under this spec, and no
   * running job has staged; `changed` are those of them that it knows with other content. This, `knownVectors` and `put` throw `unknown_collection`.
   */
  missing(
    principal: Principal,
    collection: string,
    spec: IndexSpec,
    files: readonly { uri: string; hash: string }[],
  ): Promise<{ needed: string[]; changed: string[]; staged: { uri: string; job: string }[] }>
  /** Vectors that the collection's active generation already has for these chunk hashes. */
  knownVectors(
    principal: Principal,
    collection: string,
    spec: IndexSpec,
    hashes: readonly string[],
  ): Promise<Map<string, Float32Array>>
  /**
   * Stores a document with its chunks and vectors in one transaction and raises the collection's revision.
   * A document of the same uri is replaced and keeps its id, also one that is staged; the same content changes nothing.
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

export interface NewJob {
  readonly kind: JobKind
  /** Its name. */
  readonly collection: string
  /** What the kind needs to know, as JSON. */
  readonly input: unknown
  /** Work begins at once; otherwise with the first document that is staged for it. */
  readonly sealed: boolean
}

/**
 * A daemon's right to work on a shard of a job, until another one takes it. Methods that take one write nothing and
 * return false or undefined when the claim is lost.
 */
export interface Claim {
  readonly job: string
  readonly shard: number
  readonly epoch: number
  readonly kind: JobKind
  readonly input: unknown
  /** Its id. */
  readonly collection: string
  readonly collectionName: string
}

export interface JobDocumentQuery {
  /** Id of the last document of the page before. */
  readonly after?: number | undefined
  readonly limit: number
  readonly states?: readonly StagedState[] | undefined
}

/** Methods with an id take a unique prefix of it, too, and throw `unknown_job`. */
export interface JobRepository {
  /** Throws `unknown_collection`. */
  create(principal: Principal, job: NewJob): Promise<Job>
  /** Nothing will be added any more. */
  seal(principal: Principal, id: string): Promise<Job>
  /** Latest first. */
  list(principal: Principal, limit: number): Promise<Job[]>
  /** That run, oldest first; everybody's for an administrator of the installation. */
  running(principal: Principal): Promise<Job[]>
  get(principal: Principal, id: string): Promise<Job>
  /** In the order of their ids. */
  documents(principal: Principal, id: string, query: JobDocumentQuery): Promise<JobDocument[]>
  /** Ends a running or failed job and frees what it has staged; throws `job_ended`. */
  cancel(principal: Principal, id: string): Promise<Job>
  /** Lets a failed job go on from where it was; throws `job_ended`. */
  retry(principal: Principal, id: string): Promise<Job>
  /** The shard that is due longest, if one is: nobody else gets it for `leaseMs`. */
  take(leaseMs: number): Promise<Claim | undefined>
  /** The daemon still works on it. */
  renew(claim: Claim, leaseMs: number): Promise<boolean>
  /** Ends a turn; with `more` to do the shard is due at once, for whoever takes it. */
  release(claim: Claim, more: boolean): Promise<void>
  /** Makes what a killed daemon had taken due. Only for the only daemon of the database: others' leases lapse. */
  recover(): Promise<void>
  /** Ends runs whose client is gone without saying that it has sent everything, and forgets old jobs. */
  tidy(): Promise<void>
  /** Says why nothing moves. */
  waiting(claim: Claim, reason: string): Promise<boolean>
  /** Ends the job; what it has staged is kept for `retry`. */
  fail(claim: Claim, error: ChatbotError): Promise<boolean>
}

export interface StageTarget {
  /** Its name. */
  readonly collection: string
  readonly spec: IndexSpec
  /** The run that the document belongs to. */
  readonly job: string
}

export type Staged =
  | { readonly status: 'staged'; readonly job: string; readonly id: number }
  /** Id of the live document that has this content. */
  | { readonly status: 'unchanged'; readonly document: string }

/** A chunk's place in the order of staged documents. */
export interface ChunkPlace {
  readonly document: number
  readonly ordinal: number
}

export interface StagedChunk extends ChunkPlace {
  readonly hash: string
  readonly embedText: string
  readonly uri: string
}

export interface StagedVector extends ChunkPlace {
  readonly embedding: Float32Array
  /** Share of the text that the model does not know. */
  readonly unknown: number
}

export interface StagingRepository {
  /**
   * Accepts a document: from here on it ends indexed, or with a reason. Throws `unknown_collection`,
   * `index_mismatch` when the collection is cut by another splitter, `unknown_job`, `job_ended`, and `overloaded` when
   * too much of the run waits.
   */
  stage(
    principal: Principal,
    target: StageTarget,
    document: NewDocument,
    chunks: readonly Chunk[],
  ): Promise<Staged>
  /** Remembers in a run that a file was not accepted. */
  refuse(principal: Principal, job: string, uri: string, error: ChatbotError): Promise<void>
  /** Documents of the principal's runs that are staged and not indexed yet. */
  pending(principal: Principal): Promise<{ readonly collection: string; readonly documents: number }[]>
  /** The next chunks of the shard that need a vector, and the documents that have all when these have theirs. */
  next(
    claim: Claim,
    spec: IndexSpec,
    after: ChunkPlace,
    limit: number,
  ): Promise<
    | {
        readonly chunks: readonly StagedChunk[]
        readonly ends: readonly number[]
        readonly last: ChunkPlace | undefined
      }
    | undefined
  >
  /** Keeps vectors: the checkpoint. Throws `index_mismatch` when the collection's index is of another spec by now. */
  save(
    claim: Claim,
    spec: IndexSpec,
    vectors: readonly StagedVector[],
    current: string | null,
  ): Promise<boolean>
  /** Documents of the shard that are still staged. */
  left(claim: Claim, limit: number): Promise<number[]>
  /**
   * Makes those of the documents live that have all their vectors: each replaces its earlier version and keeps its
   * id; the collection's revision rises once. `warn` may add a warning by the share of unknown text.
   * Gives their number; throws `index_mismatch` and `unknown_collection`.
   */
  publish(
    claim: Claim,
    spec: IndexSpec,
    documents: readonly number[],
    warn: (unknown: number) => string | undefined,
  ): Promise<number | undefined>
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
}

/** What is searched, and with which model's vectors. */
interface SearchedIndexes {
  readonly collections: readonly Collection[]
  readonly model: string
  readonly dimensions: number
}

export interface VerifyProblem {
  readonly kind: (typeof INDEX_PROBLEMS)[number]
  readonly count: number
  readonly fixed: boolean
  /** The first ones. */
  readonly examples: readonly string[]
}

/** What was checked, and what is wrong. */
export interface Verification {
  /** Its name. */
  readonly collection: string
  /** Null when nothing was ever ingested. */
  readonly generation: number | null
  readonly documents: number
  readonly chunks: number
  /** Of the approximate index against an exact search, on a sample; null where there is none. */
  readonly recall: number | null
  readonly problems: readonly VerifyProblem[]
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
      /** Called at once and awaited while the vectors are searched, which needs no words; undefined without any. */
      readonly words?: () => Promise<LexicalQuery | undefined>
      /** Whether candidates are named by their words alone. */
      readonly alone?: boolean
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
  ensureApproximateIndex(
    generation: number,
    options?: { readonly worthwhile?: number; readonly signal?: AbortSignal },
  ): Promise<ApproximateIndex>
  /**
   * Compares the live index of a collection with its stored documents. With `fix` terms are made anew, orphans and a bad
   * approximate index are dropped, and so are all chunks of a document that has damaged ones: `rebuild.begin` with
   * `again` makes them from the stored text. Throws `unknown_collection`.
   */
  verify(principal: Principal, collection: string, fix: boolean): Promise<Verification>
  /**
   * Drops a generation that is not searched, and gives up the rebuild that makes it; gives the collection's name.
   * Throws `not_found`, and `bad_request` for the live one.
   */
  drop(principal: Principal, generation: number): Promise<string>
  /** Drops generations that a rebuild has replaced or left behind. */
  dropRetired(): Promise<void>
  /** How these collections are indexed that are at all, by name. */
  live(names: readonly string[]): Promise<ReadonlyMap<string, IndexSpec>>
  list(principal: Principal): Promise<Generation[]>
}

/** A stored document that the new generation does not have whole. */
export interface RebuildDocument {
  readonly id: string
  readonly uri: string
  readonly title: string
  /** Another one when its content was replaced. */
  readonly version: string
  /** Its chunks are to be made anew from its text. */
  readonly recut: boolean
  /** The new generation has its chunks from this ordinal on; null when it has none. */
  readonly below: number | null
}

export interface RebuiltChunk extends EmbeddedChunk {
  /** The vector was there already. */
  readonly reused: boolean
}

/** Methods that take a claim are of a `rebuild` job: see Claim. */
export interface RebuildRepository {
  /**
   * Makes a generation of this spec beside the live one, and the job that fills it; gives the one that is under way for
   * the same. Undefined when there is nothing to do, unless it is to be made `again`; vectors that are good are kept.
   * Throws `unknown_collection`, `rebuild_running`.
   */
  begin(
    principal: Principal,
    collection: string,
    spec: IndexSpec,
    options?: { readonly again: boolean },
  ): Promise<Job | undefined>
  target(claim: Claim): Promise<
    | {
        readonly generation: number
        readonly spec: IndexSpec
        /** It is live already. */
        readonly swapped: boolean
      }
    | undefined
  >
  /** By uri, behind `after`. */
  next(claim: Claim, after: string | undefined, limit: number): Promise<RebuildDocument[] | undefined>
  /** Chunks of the live generation before an ordinal, last first. */
  chunks(claim: Claim, document: RebuildDocument, below: number | null, limit: number): Promise<Chunk[]>
  stored(claim: Claim, document: RebuildDocument): Promise<StoredDocument>
  /** Vectors that the collection has of the new generation's model, by hash. */
  known(claim: Claim, hashes: readonly string[]): Promise<Map<string, Float32Array>>
  /** Keeps chunks of documents that were not replaced meanwhile: the checkpoint. One without chunks has none at all. */
  write(
    claim: Claim,
    parts: readonly { readonly document: RebuildDocument; readonly chunks: readonly RebuiltChunk[] }[],
    current: string | null,
  ): Promise<boolean>
  /**
   * Makes the new generation the live one, in one transaction; false when documents are missing in it. Undefined when
   * the claim is lost.
   */
  swap(claim: Claim): Promise<boolean | undefined>
}

/** What a restore did. */
export interface Restored {
  readonly collections: number
  readonly documents: number
  readonly conversations: number
  /** Documents and conversations that were there already. */
  readonly unchanged: number
  readonly users: number
  /** Of those: they have no password, because the archive has none that can be read. */
  readonly withoutPassword: number
  readonly keys: number
  readonly grants: number
}

export interface BackupOptions {
  /** Encrypts hashes of passwords and keys; without it they are left out. */
  readonly seal?: ((secrets: string) => Promise<string>) | undefined
}

export interface RestoreOptions {
  /** Also users, keys and roles: those that were taken away since the backup come back with them. */
  readonly accounts?: boolean | undefined
  /** Decrypts; throws when it cannot. Without it users come without passwords, and keys not at all. */
  readonly unseal?: ((sealed: string) => Promise<string>) | undefined
}

export interface BackupRepository {
  /**
   * Everything that is kept, whoever owns it, but for answers that still run: collections each as it was at one
   * moment, while the store goes on serving. The `header` is not among the records.
   */
  export(principal: Principal, options?: BackupOptions): AsyncGenerator<ArchiveRecord>
  /**
   * Adds what an archive holds to what is there: each document and each conversation in one transaction, so that
   * whatever ends this leaves nothing half done, and doing it again continues. A document of the same name is
   * replaced; users, keys and roles that are there stay as they are. Throws `index_mismatch` where a collection of that name was indexed otherwise, `backup_corrupt`.
   */
  restore(
    principal: Principal,
    records: AsyncIterable<ArchiveRecord>,
    options?: RestoreOptions,
  ): Promise<Restored>
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
  /** How long from now, by the database's clock, the one that all daemons share. */
  readonly forMs: number
}

export interface NewAsk {
  readonly id: string
  /** SHA-256 of the canonical body: the same id with another body is `id_reused`. */
  readonly bodyHash: string
  readonly question: string
  /** An existing conversation of the principal; without it a new one is made. */
  readonly conversation?: string
  readonly collections: readonly SearchedCollection[]
  readonly language: Language
  readonly generator: string
  readonly lease: Lease
  /** What another daemon needs to answer it: JSON, kept while it runs. */
  readonly request: unknown
  /** Answers that the principal may have in flight, this one among them. */
  readonly mostInFlight?: number
}

/** Where an answer stands now. */
export interface AnswerSight {
  readonly state: AnswerState
  readonly epoch: number
  /** It runs, but its daemon has not renewed its lease. */
  readonly lapsed: boolean
}

/** An answer whose daemon is gone: from now on the caller's. */
export interface TakenAnswer {
  readonly principal: string
  readonly id: string
  readonly conversation: string
  readonly epoch: number
  readonly request: unknown
}

/** An answer that runs under a lease. */
export interface LeasedAnswer {
  readonly principal: string
  readonly id: string
  readonly epoch: number
  /** Its asker has cancelled it. */
  readonly cancelling: boolean
}

/** New, or taken over from a daemon whose lease lapsed or that was interrupted: epoch 2 or more. */
export interface Started {
  readonly kind: 'started'
  readonly conversation: string
  readonly epoch: number
}

/** The collections of an ask are those that `readable` gave under these names some time before. */
export interface Remembered {
  readonly names: readonly string[] | undefined
}

/** What `begin` found under the ask's id. */
export type Begun =
  | Started
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
export interface QuestionVector {
  readonly model: string
  readonly vector: Float32Array
}

export interface AnswerRepository {
  /**
   * Writes the durable row of an ask; throws `id_reused`, `unknown_conversation`, and `rate_limited` when the
   * principal has as many answers in flight as it may.
   */
  begin(principal: Principal, ask: NewAsk): Promise<Begun>
  /**
   * As `begin`, for a new ask, unless `readable` would give anything else by now. Undefined, and nothing written, when
   * that is so or there is more to the ask: ask `readable`, and then `begin`.
   */
  beginRemembered(principal: Principal, ask: NewAsk, remembered: Remembered): Promise<Started | undefined>
  /**
   * Stores the complete answer, its citations and the messages of both sides, if this epoch still owns the row; false
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
  /** Ends an ask without a complete answer; keeps what was asked and generated. An interrupted one may begin anew. False as in `complete`. */
  end(
    principal: Principal,
    id: string,
    epoch: number,
    state: 'failed' | 'cancelled' | 'interrupted',
    error: { code: ErrorCode; message: string },
    text: string,
  ): Promise<boolean>
  /** Extends the leases that this owner holds, and gives what it holds. */
  renew(lease: Lease): Promise<LeasedAnswer[]>
  /** Lets another daemon take the answer over at once. */
  release(principal: Principal, id: string, epoch: number): Promise<void>
  /**
   * Takes over running answers whose lease has lapsed, at most so many. Those that were cancelled end so, and those
   * that were tried too often are interrupted: whoever asks again starts them anew.
   */
  takeLapsed(lease: Lease, most: number): Promise<TakenAnswer[]>
  /** Marks all running answers of others as interrupted: for a daemon that is alone on its database. */
  interruptOthers(owner: string): Promise<number>
  /** Asks the daemon that runs it to end it; false when it does not run. */
  requestCancel(principal: Principal, id: string): Promise<boolean>
  /** Undefined when there is no such answer. */
  look(principal: Principal, id: string): Promise<AnswerSight | undefined>
  get(
    principal: Principal,
    id: string,
  ): Promise<{ state: AnswerState; answer?: Answer; citations: readonly Citation[] }>
}

/** What limits are counted by. */
export interface UsageRepository {
  /** Tokens that engines have used for the principal today (UTC). */
  today(principal: Principal): Promise<number>
  add(principal: Principal, tokens: number): Promise<void>
  /** That the principal or its groups have on any collection; undefined when they have none. */
  highestRole(principal: Principal): Promise<Role | undefined>
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
  /** Keeps it longer than those that nobody asks for. */
  used(source: AnswerSource): Promise<void>
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
