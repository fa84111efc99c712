/**
 * The tables, the same on PGlite and PostgreSQL. What drizzle-kit cannot express (partitions, storage) is edited
 * by hand in the migrations. Transactions lock tables in the order of this file, to avoid deadlocks.
 */
import { sql } from 'drizzle-orm'
import {
  type AnyPgColumn,
  bigint,
  boolean,
  date,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { CacheHit, QuotedSpan, Timings, Usage } from '../src/domain/answer.ts'
import type { Certainty } from '../src/domain/certainty.ts'
import type { Metadata } from '../src/domain/document.ts'
import type { ErrorCode } from '../src/domain/errors.ts'
import type { JobKind, JobState, StagedState } from '../src/domain/job.ts'
import type { Language } from '../src/domain/language.ts'
import type { PackedBlocks } from '../src/domain/packed-blocks.ts'
import type { Role } from '../src/domain/principal.ts'
import type { SourceKind, SourceOptions, Validators } from '../src/domain/source.ts'
import { anyVector, orderedText, termWeights } from './columns.ts'

const moment = (name: string) => timestamp(name, { withTimezone: true })

export const collections = pgTable('collections', {
  id: uuid('id').primaryKey().defaultRandom(),
  name: orderedText('name').notNull().unique(),
  revision: bigint('revision', { mode: 'number' }).notNull().default(0),
  /** Whether its answers may be cached. */
  cache: boolean('cache').notNull().default(true),
  /** Engine for questions that name none; null: the configured one. */
  engine: text('engine'),
  activeGeneration: integer('active_generation').references((): AnyPgColumn => generations.id, {
    onDelete: 'set null',
  }),
  createdBy: text('created_by').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
})

/** One index of a collection, made with one embedding model and one splitter. */
export const generations = pgTable(
  'generations',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    collection: uuid('collection_id')
      .notNull()
      .references(() => collections.id, { onDelete: 'cascade' }),
    model: text('model').notNull(),
    /** The user's name for the model: `builtin`, `org/name`, a folder. */
    reference: text('reference').notNull().default('builtin'),
    dimensions: integer('dimensions').notNull(),
    splitter: text('splitter').notNull(),
    state: text('state').$type<'building' | 'active' | 'retired'>().notNull(),
    /** LEXEMES_VERSION of the rows in chunk_terms; negative while they are being computed, 0 if there are none. */
    lexemes: integer('lexemes').notNull().default(0),
    /** The collection's revision when term_counts was computed; null if never. */
    countedRevision: bigint('counted_revision', { mode: 'number' }),
    countedChunks: integer('counted_chunks'),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [index('generations_collection').on(table.collection)],
)

/** A location that was ingested and can be synced again. */
export const sources = pgTable(
  'sources',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    collection: uuid('collection_id')
      .notNull()
      .references(() => collections.id, { onDelete: 'cascade' }),
    kind: text('kind').$type<SourceKind>().notNull(),
    location: orderedText('location').notNull(),
    /** Empty if every machine can read it. */
    machine: text('machine').notNull(),
    options: jsonb('options').$type<SourceOptions>().notNull(),
    validators: jsonb('validators').$type<Validators>().notNull().default({}),
    createdBy: text('created_by').notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
    /** When it was last read completely. */
    syncedAt: moment('synced_at'),
  },
  (table) => [unique('sources_place').on(table.collection, table.machine, table.location)],
)

/** Columns of a document both while it is staged and when it is live. */
const documentContent = () => ({
  source: uuid('source_id').references(() => sources.id, { onDelete: 'set null' }),
  uri: orderedText('uri').notNull(),
  title: text('title').notNull(),
  mediaType: text('media_type').notNull(),
  language: text('language').$type<Language>().notNull(),
  bytes: bigint('bytes', { mode: 'number' }).notNull(),
  length: integer('length').notNull(),
  hash: text('hash').notNull(),
  warnings: jsonb('warnings').$type<readonly string[]>().notNull(),
  /** The document's metadata. */
  metadata: jsonb('metadata').$type<Metadata>().notNull().default({}),
  modifiedAt: moment('modified_at'),
})

/** The splitter's result, the same in both places. */
const chunkContent = () => ({
  ordinal: integer('ordinal').notNull(),
  start: integer('start_offset').notNull(),
  end: integer('end_offset').notNull(),
  text: text('text').notNull(),
  heading: text('heading').notNull(),
  page: integer('page'),
  line: integer('line'),
  tokens: integer('tokens').notNull(),
  hash: text('hash').notNull(),
  /** Null if an earlier version stored the chunk. */
  blocks: jsonb('blocks').$type<PackedBlocks>(),
})

/** Background jobs: src/jobs has a file for each kind. Counts are of documents and chunks. */
export const jobs = pgTable(
  'jobs',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    kind: text('kind').$type<JobKind>().notNull(),
    principal: text('principal').notNull(),
    collection: uuid('collection_id')
      .notNull()
      .references(() => collections.id, { onDelete: 'cascade' }),
    state: text('state').$type<JobState>().notNull().default('running'),
    /** Closed for uploads: it is done when nothing is left. */
    sealed: boolean('sealed').notNull(),
    /** Input for its kind, validated when it is read. */
    input: jsonb('input').$type<unknown>().notNull(),
    documents: integer('documents').notNull().default(0),
    indexed: integer('indexed').notNull().default(0),
    failed: integer('failed').notNull().default(0),
    replaced: integer('replaced').notNull().default(0),
    chunks: integer('chunks').notNull().default(0),
    embedded: integer('embedded').notNull().default(0),
    reused: integer('reused').notNull().default(0),
    /** The document in progress. */
    current: text('current'),
    /** What it waits for while something outside fails. */
    waiting: text('waiting'),
    errorCode: text('error_code').$type<ErrorCode>(),
    errorMessage: text('error_message'),
    createdAt: moment('created_at').notNull().defaultNow(),
    updatedAt: moment('updated_at').notNull().defaultNow(),
    finishedAt: moment('finished_at'),
  },
  (table) => [index('jobs_created').on(table.createdAt), index('jobs_collection').on(table.collection)],
)

/**
 * A part of a job that one daemon works on at a time. `due`: when a daemon may claim it; for a claimed shard, the
 * end of its lease; null if there is nothing to do. `epoch` is the fencing token: it rises with every claim, and
 * writes with an older one are refused.
 */
export const jobShards = pgTable(
  'job_shards',
  {
    job: uuid('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    shard: integer('shard').notNull(),
    due: moment('due'),
    epoch: integer('epoch').notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.job, table.shard] }),
    index('job_shards_due').on(table.due).where(sql`${table.due} IS NOT NULL`),
  ],
)

/** Received and split, not searchable yet; afterwards the outcome, kept as long as the job. */
export const stagedDocuments = pgTable(
  'staged_documents',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    job: uuid('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    shard: integer('shard').notNull(),
    collection: uuid('collection_id')
      .notNull()
      .references(() => collections.id, { onDelete: 'cascade' }),
    state: text('state').$type<StagedState>().notNull(),
    ...documentContent(),
    chunks: integer('chunks').notNull(),
    /** The live document. */
    document: uuid('document_id'),
    errorCode: text('error_code').$type<ErrorCode>(),
    errorMessage: text('error_message'),
  },
  (table) => [
    index('staged_documents_job').on(table.job, table.id),
    index('staged_documents_shard')
      .on(table.job, table.shard, table.id)
      .where(sql`${table.state} = 'staged'`),
    uniqueIndex('staged_documents_uri').on(table.collection, table.uri).where(sql`${table.state} = 'staged'`),
  ],
)

export const stagedParts = pgTable(
  'staged_parts',
  {
    document: bigint('document_id', { mode: 'number' })
      .notNull()
      .references(() => stagedDocuments.id, { onDelete: 'cascade' }),
    part: integer('part').notNull(),
    text: text('text').notNull(),
  },
  (table) => [primaryKey({ columns: [table.document, table.part] })],
)

export const stagedChunks = pgTable(
  'staged_chunks',
  {
    document: bigint('document_id', { mode: 'number' })
      .notNull()
      .references(() => stagedDocuments.id, { onDelete: 'cascade' }),
    ...chunkContent(),
    /** Title and headings; together with the text they are embedded. */
    context: text('context').notNull(),
    /** As in `chunk_terms`. */
    terms: integer('terms').array().notNull(),
    weights: termWeights('weights').notNull(),
  },
  (table) => [primaryKey({ columns: [table.document, table.ordinal] })],
)

/** A separate table, because updating the chunks would rewrite their texts. */
export const stagedVectors = pgTable(
  'staged_vectors',
  {
    document: bigint('document_id', { mode: 'number' })
      .notNull()
      .references(() => stagedDocuments.id, { onDelete: 'cascade' }),
    ordinal: integer('ordinal').notNull(),
    embedding: anyVector('embedding').notNull(),
    /** Share of the text that the model does not know; null if the vector was reused. */
    unknown: real('unknown'),
  },
  (table) => [primaryKey({ columns: [table.document, table.ordinal] })],
)

export const documents = pgTable(
  'documents',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    collection: uuid('collection_id')
      .notNull()
      .references(() => collections.id, { onDelete: 'cascade' }),
    ...documentContent(),
    chunks: integer('chunks').notNull(),
    ingestedAt: moment('ingested_at').notNull().defaultNow(),
  },
  (table) => [
    unique('documents_collection_uri').on(table.collection, table.uri),
    index('documents_uri').on(table.uri),
    index('documents_source').on(table.source, table.uri),
  ],
)

/** The stored text in parts, because statement parameters are limited: see PART_LENGTH. */
export const documentParts = pgTable(
  'document_parts',
  {
    document: uuid('document_id')
      .notNull()
      .references(() => documents.id, { onDelete: 'cascade' }),
    part: integer('part').notNull(),
    text: text('text').notNull(),
  },
  (table) => [primaryKey({ columns: [table.document, table.part] })],
)

export const chunks = pgTable(
  'chunks',
  {
    generation: integer('generation_id')
      .notNull()
      .references(() => generations.id, { onDelete: 'cascade' }),
    id: bigint('id', { mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    document: uuid('document_id')
      .notNull()
      .references(() => documents.id, { onDelete: 'cascade' }),
    ...chunkContent(),
    /** As in `staged_chunks`; null if an older version did not store it. */
    context: text('context'),
  },
  (table) => [
    primaryKey({ columns: [table.generation, table.id] }),
    unique('chunks_document_ordinal').on(table.document, table.generation, table.ordinal),
    index('chunks_hash').on(table.generation, table.hash),
    /** Of each document that an earlier version stored, one. */
    index('chunks_without_blocks')
      .on(table.generation, table.document)
      .where(sql`${table.ordinal} = 0 AND ${table.blocks} IS NULL`),
  ],
)

/**
 * PARTITION BY LIST (generation_id) in the migration: each generation has a partition with its fixed dimension.
 * The key begins with the generation, so that a cascade from chunks touches only one partition.
 */
export const vectors = pgTable(
  'vectors',
  {
    generation: integer('generation_id').notNull(),
    chunk: bigint('chunk_id', { mode: 'number' }).notNull(),
    embedding: anyVector('embedding').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.generation, table.chunk] }),
    foreignKey({
      name: 'vectors_chunk',
      columns: [table.generation, table.chunk],
      foreignColumns: [chunks.generation, chunks.id],
    }).onDelete('cascade'),
  ],
)

/**
 * The BM25 weights of each chunk; its score is the inner product with a question's idfs. Partitioned like
 * `vectors`; both columns are STORAGE PLAIN, because reading them out of line would dominate the cost.
 */
export const chunkTerms = pgTable(
  'chunk_terms',
  {
    generation: integer('generation_id').notNull(),
    chunk: bigint('chunk_id', { mode: 'number' }).notNull(),
    terms: integer('terms').array().notNull(),
    weights: termWeights('weights').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.generation, table.chunk] }),
    foreignKey({
      name: 'chunk_terms_chunk',
      columns: [table.generation, table.chunk],
      foreignColumns: [chunks.generation, chunks.id],
    }).onDelete('cascade'),
    index('chunk_terms_terms').using('gin', table.terms).with({ fastupdate: false }),
  ],
)

/** How many chunks contain a frequent term, counted in the background; rare terms are counted at query time. */
export const termCounts = pgTable(
  'term_counts',
  {
    generation: integer('generation_id')
      .notNull()
      .references(() => generations.id, { onDelete: 'cascade' }),
    term: integer('term').notNull(),
    chunks: integer('chunks').notNull(),
  },
  (table) => [primaryKey({ columns: [table.generation, table.term] })],
)

export const conversations = pgTable(
  'conversations',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    principal: text('principal').notNull(),
    title: text('title').notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
    updatedAt: moment('updated_at').notNull().defaultNow(),
  },
  (table) => [index('conversations_principal').on(table.principal, table.updatedAt)],
)

/** The durable row of an ask, written before it is accepted. */
export const answers = pgTable(
  'answers',
  {
    principal: text('principal').notNull(),
    /** Chosen by the client. */
    id: text('id').notNull(),
    conversation: uuid('conversation_id')
      .notNull()
      .references(() => conversations.id, { onDelete: 'cascade' }),
    bodyHash: text('body_hash').notNull(),
    state: text('state')
      .$type<'running' | 'complete' | 'failed' | 'cancelled' | 'interrupted'>()
      .notNull()
      .default('running'),
    epoch: integer('epoch').notNull().default(1),
    /** Number of the event that ended it; null while it runs, and in what an earlier version ended. */
    lastSeq: integer('last_seq'),
    leaseOwner: text('lease_owner').notNull(),
    leaseUntil: moment('lease_until').notNull(),
    question: text('question').notNull(),
    language: text('language').$type<Language>().notNull(),
    /** What the asker searched: collections with their revisions at that time. */
    collections: jsonb('collections')
      .$type<readonly { id: string; name: string; revision: number }[]>()
      .notNull(),
    generator: text('generator').notNull(),
    /** Null if it is the question itself. */
    searched: text('searched'),
    text: text('text').notNull().default(''),
    /** Null in what an earlier version wrote; during a rolling upgrade its daemons still do. */
    certainty: text('certainty').$type<Certainty>(),
    /** What earlier versions read instead. */
    refused: boolean('refused').notNull().default(false),
    cached: jsonb('cached').$type<CacheHit>(),
    usage: jsonb('usage').$type<Usage>(),
    timings: jsonb('timings').$type<Timings>().notNull().default({}),
    warnings: jsonb('warnings').$type<readonly string[]>().notNull().default([]),
    errorCode: text('error_code').$type<ErrorCode>(),
    errorMessage: text('error_message'),
    /**
     * Who asked and what, while it is unfinished: what another daemon needs to take over. Null if its asker cannot come
     * back.
     */
    request: jsonb('request').$type<unknown>(),
    /** Its asker has cancelled it, perhaps through another daemon. */
    cancelling: boolean('cancelling').notNull().default(false),
    /** Attempts that ended without a hand-over: their daemon crashed, or hung until its lease lapsed. */
    lostAttempts: integer('lost_attempts').notNull().default(0),
    askedAt: moment('asked_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.principal, table.id] }),
    index('answers_conversation').on(table.conversation, table.askedAt),
    // A single index of running answers: between two, a cached plan would choose by chance.
    index('answers_in_flight').on(table.principal).where(sql`${table.state} = 'running'`),
  ],
)

/** Engine tokens per user and day (UTC). */
export const tokenUse = pgTable(
  'token_use',
  {
    subject: text('subject').notNull(),
    day: date('day').notNull(),
    tokens: bigint('tokens', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.subject, table.day] })],
)

/**
 * The messages of conversations, in order; a question keeps its vector, so that earlier questions can be found by
 * meaning.
 */
export const messages = pgTable(
  'messages',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    conversation: uuid('conversation_id')
      .notNull()
      .references(() => conversations.id, { onDelete: 'cascade' }),
    principal: text('principal').notNull(),
    answer: text('answer_id').notNull(),
    role: text('role').$type<'user' | 'assistant'>().notNull(),
    text: text('text').notNull(),
    model: text('model'),
    embedding: anyVector('embedding'),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [
    foreignKey({
      name: 'messages_answer',
      columns: [table.principal, table.answer],
      foreignColumns: [answers.principal, answers.id],
    }).onDelete('cascade'),
    unique('messages_answer_role').on(table.principal, table.answer, table.role),
    index('messages_conversation').on(table.conversation),
  ],
)

/** Contains the quoted text and no reference to the document, which may be deleted. */
export const citations = pgTable(
  'citations',
  {
    principal: text('principal').notNull(),
    answer: text('answer_id').notNull(),
    position: integer('position').notNull(),
    number: integer('number').notNull(),
    document: uuid('document_id').notNull(),
    uri: text('uri').notNull(),
    title: text('title').notNull(),
    start: integer('start_offset').notNull(),
    end: integer('end_offset').notNull(),
    text: text('text').notNull(),
    /** All quoted spans, if there are several. */
    spans: jsonb('spans').$type<readonly QuotedSpan[]>(),
    heading: text('heading'),
    page: integer('page'),
    line: integer('line'),
    score: doublePrecision('score').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.principal, table.answer, table.position] }),
    foreignKey({
      name: 'citations_answer',
      columns: [table.principal, table.answer],
      foreignColumns: [answers.principal, answers.id],
    }).onDelete('cascade'),
  ],
)

/**
 * Cached answers, found by the meaning of their questions. The answer itself is its row in `answers` and is
 * deleted with it. Only rows of the same partition are compared.
 */
export const cachedAnswers = pgTable(
  'cached_answers',
  {
    principal: text('principal').notNull(),
    answer: text('answer_id').notNull(),
    /** Hash of everything but the question that decides an answer, with the revisions of what was searched. */
    partition: text('partition').notNull(),
    embedding: anyVector('embedding').notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
    usedAt: moment('used_at').notNull().defaultNow(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.principal, table.answer] }),
    foreignKey({
      name: 'cached_answers_answer',
      columns: [table.principal, table.answer],
      foreignColumns: [answers.principal, answers.id],
    }).onDelete('cascade'),
    index('cached_answers_partition').on(table.partition),
    index('cached_answers_used').on(table.usedAt),
  ],
)

/** Users who log in with a password. */
export const users = pgTable('users', {
  id: uuid('id').primaryKey().defaultRandom(),
  name: orderedText('name').notNull().unique(),
  /** A salted hash with its parameters: see src/auth/passwords.ts. */
  password: text('password').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
})

/** API keys. `prefix` finds a key; the rest is stored as a hash. Revoked keys stay in the list. */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    name: orderedText('name').notNull(),
    prefix: text('prefix').notNull().unique(),
    hash: text('hash').notNull(),
    /** Hash of the secret before the last rotation, valid until its overlap ends. */
    previousHash: text('previous_hash'),
    previousUntil: moment('previous_until'),
    createdBy: text('created_by').notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
    expiresAt: moment('expires_at'),
    revokedAt: moment('revoked_at'),
    lastUsedAt: moment('last_used_at'),
  },
  (table) => [uniqueIndex('api_keys_name').on(table.name).where(sql`${table.revokedAt} IS NULL`)],
)

/** Rights: `subject` is a principal's id or a group; no collection means all of them. */
export const grants = pgTable(
  'grants',
  {
    subject: text('subject').notNull(),
    collection: uuid('collection_id').references(() => collections.id, { onDelete: 'cascade' }),
    role: text('role').$type<Role>().notNull(),
    grantedBy: text('granted_by').notNull(),
    grantedAt: moment('granted_at').notNull().defaultNow(),
  },
  (table) => [
    unique('grants_subject').on(table.subject, table.collection).nullsNotDistinct(),
    index('grants_collection').on(table.collection),
  ],
)

/** Logins. A login lives while its refresh tokens are exchanged for new ones, each once. */
export const sessions = pgTable(
  'sessions',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    user: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    createdAt: moment('created_at').notNull().defaultNow(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [index('sessions_user').on(table.user), index('sessions_expires').on(table.expiresAt)],
)

export const refreshTokens = pgTable(
  'refresh_tokens',
  {
    hash: text('hash').primaryKey(),
    session: uuid('session_id')
      .notNull()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    createdAt: moment('created_at').notNull().defaultNow(),
    usedAt: moment('used_at'),
  },
  (table) => [index('refresh_tokens_session').on(table.session)],
)

/** Keys that sign access tokens: the newest signs, earlier ones still verify for a while. */
export const signingKeys = pgTable('signing_keys', {
  /** RFC 7638 thumbprint. */
  id: text('id').primaryKey(),
  /** JWK. */
  publicKey: jsonb('public_key').$type<Readonly<Record<string, string>>>().notNull(),
  /** PKCS #8, encrypted: see src/auth/signing-keys.ts. */
  privateKey: text('private_key').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
})

/** One row: its revision rises with every revoked credential, so that all daemons notice. */
export const revocations = pgTable('revocations', {
  id: integer('id').primaryKey(),
  revision: bigint('revision', { mode: 'number' }).notNull(),
})

/** Administrative actions, written in their transaction. */
export const audit = pgTable(
  'audit',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    at: moment('at').notNull().defaultNow(),
    actor: text('actor').notNull(),
    /** The actor's name at that time. */
    actorName: text('actor_name').notNull(),
    action: text('action').notNull(),
    target: text('target').notNull(),
    detail: jsonb('detail').$type<Readonly<Record<string, string | number | null>>>().notNull(),
  },
  (table) => [index('audit_at').on(table.at)],
)
