/** Exports everything in many short statements, so that nothing has to wait for it. */
import { and, asc, eq, gt, isNull, like, ne, not, sql } from 'drizzle-orm'
import type { z } from 'zod'
import { vectorBytes } from '../../../drizzle/columns.ts'
import {
  answers,
  apiKeys,
  chunks,
  citations,
  collections,
  conversations,
  documentParts,
  documents,
  generations,
  grants,
  messages,
  sources,
  users,
  vectors,
} from '../../../drizzle/schema.ts'
import type { BackupOptions } from '../../ports/store/backup.ts'
import {
  type ArchiveRecord,
  encodeVector,
  rowSchema,
  type secretsSchema,
} from '../../ports/store/backup-records.ts'
import type { Database } from '../database/database.ts'
import { specOf } from '../indexes/partitions.ts'

/** Chunks per record; larger statements would block PGlite's single session for questions. */
const CHUNKS_PER_RECORD = 200
const CONVERSATIONS_PER_STATEMENT = 100

/** Whatever changes in a collection during the export is read again, until a listing finds nothing new. */
export async function* exportRecords(
  database: Database,
  { seal }: BackupOptions,
): AsyncGenerator<ArchiveRecord> {
  const totals = { collections: 0, documents: 0, conversations: 0 }
  if (seal !== undefined) {
    yield { type: 'secrets', sealed: await seal(JSON.stringify(await readSecrets(database))) }
  }
  yield* exportUsers(database)
  const all = await database.run((queries) =>
    queries.select({ id: collections.id }).from(collections).orderBy(asc(collections.name)),
  )
  for (const { id } of all) {
    const documents = yield* exportCollection(database, id)
    if (documents === undefined) continue
    totals.collections += 1
    totals.documents += documents
  }
  yield* exportGrants(database, seal !== undefined)
  for await (const conversation of exportConversations(database)) {
    totals.conversations += 1
    yield conversation
  }
  yield { type: 'end', ...totals }
}

async function readSecrets(database: Database): Promise<z.infer<typeof secretsSchema>> {
  return database.transaction(async (queries) => {
    const hashes = await queries.select({ id: users.id, password: users.password }).from(users)
    const keys = await queries
      .select({ row: rowOf('api_keys') })
      .from(apiKeys)
      .where(isNull(apiKeys.revokedAt))
    return {
      passwords: Object.fromEntries(hashes.map(({ id, password }) => [id, password])),
      keys: keys.map(({ row }) => row),
    }
  })
}

async function* exportUsers(database: Database): AsyncGenerator<ArchiveRecord> {
  const rows = await database.run((queries) =>
    queries
      .select({ id: users.id, row: rowOf('users') })
      .from(users)
      .orderBy(asc(users.name)),
  )
  for (const { id, row } of rows) {
    const { password: _, ...rest } = row
    yield { type: 'user', id, row: rest }
  }
}

async function* exportGrants(database: Database, withKeys: boolean): AsyncGenerator<ArchiveRecord> {
  const rows = await database.run((queries) =>
    queries
      .select({ collection: collections.name, row: rowOf('grants') })
      .from(grants)
      .leftJoin(collections, eq(collections.id, grants.collection))
      .where(withKeys ? undefined : not(like(grants.subject, 'key:%')))
      .orderBy(asc(grants.subject)),
  )
  for (const { collection, row } of rows) yield { type: 'grant', collection, row }
}

/** Returns the number of documents; undefined if the collection was removed before it was read. */
async function* exportCollection(
  database: Database,
  id: string,
): AsyncGenerator<ArchiveRecord, number | undefined> {
  const [found] = await database.run((queries) =>
    queries
      .select({ name: collections.name, row: rowOf('collections'), generation: generations })
      .from(collections)
      .leftJoin(generations, eq(generations.id, collections.activeGeneration))
      .where(eq(collections.id, id)),
  )
  if (found === undefined) return undefined
  const { name, row, generation } = found
  const index = generation === null ? null : specOf(generation)
  yield { type: 'collection', name, row, index }

  const known = await database.run((queries) =>
    queries
      .select({ id: sources.id, row: rowOf('sources') })
      .from(sources)
      .where(eq(sources.collection, id))
      .orderBy(asc(sources.id)),
  )
  for (const source of known) yield { type: 'source', ...source }

  /** The version of each document that is complete in the archive. */
  const written = new Map<string, string>()
  for (;;) {
    const { revision, versions } = await listVersions(database, id)
    const gone = [...written.keys()].filter((document) => !versions.has(document))
    const changed = [...versions].filter(([document, version]) => written.get(document) !== version)
    if (gone.length === 0 && changed.length === 0) {
      yield { type: 'collection-end', revision, documents: written.size }
      return written.size
    }
    for (const document of gone) {
      written.delete(document)
      yield { type: 'document-removed', id: document }
    }
    for (const [document] of changed) {
      const version = yield* exportDocument(database, document, generation?.id)
      if (version !== undefined) written.set(document, version)
    }
  }
}

/** A single statement, so that revision and list are consistent. A row's `xmin` changes with every update. */
async function listVersions(
  database: Database,
  collection: string,
): Promise<{ revision: number; versions: Map<string, string> }> {
  const rows = await database.run((queries) =>
    queries
      .select({ revision: collections.revision, document: documents.id, version: VERSION })
      .from(collections)
      .leftJoin(documents, eq(documents.collection, collections.id))
      .where(eq(collections.id, collection)),
  )
  const versions = new Map<string, string>()
  for (const { document, version } of rows) if (document !== null) versions.set(document, version)
  return { revision: rows[0]?.revision ?? 0, versions }
}

/**
 * Returns the version that was read; undefined if the document changed meanwhile, and then it has no
 * `document-end`.
 */
async function* exportDocument(
  database: Database,
  id: string,
  generation: number | undefined,
): AsyncGenerator<ArchiveRecord, string | undefined> {
  const before = await readDocument(database, id)
  if (before === undefined) return undefined
  yield { type: 'document', id, row: before.row }
  for (let part = 0; ; part += 1) {
    const [found] = await database.run((queries) =>
      queries
        .select({ text: documentParts.text })
        .from(documentParts)
        .where(and(eq(documentParts.document, id), eq(documentParts.part, part))),
    )
    if (found === undefined) break
    yield { type: 'text', text: found.text }
  }
  for (let after = -1; generation !== undefined; ) {
    const batch = await readChunks(database, id, generation, after)
    const last = batch.at(-1)
    if (last === undefined) break
    yield { type: 'chunks', chunks: batch }
    after = last.ordinal
  }
  const now = await readDocument(database, id)
  if (now?.version !== before.version) return undefined
  yield { type: 'document-end', id }
  return before.version
}

async function readDocument(database: Database, id: string) {
  const [found] = await database.run((queries) =>
    queries
      .select({ row: rowOf('documents'), version: VERSION })
      .from(documents)
      .where(eq(documents.id, id)),
  )
  return found
}

async function readChunks(database: Database, document: string, generation: number, after: number) {
  const rows = await database.run((queries) =>
    queries
      .select({
        ordinal: chunks.ordinal,
        start: chunks.start,
        end: chunks.end,
        heading: chunks.heading,
        page: chunks.page,
        line: chunks.line,
        tokens: chunks.tokens,
        hash: chunks.hash,
        context: chunks.context,
        blocks: chunks.blocks,
        vector: vectorBytes(vectors.embedding),
      })
      .from(chunks)
      .innerJoin(vectors, and(eq(vectors.generation, chunks.generation), eq(vectors.chunk, chunks.id)))
      .where(
        and(
          eq(chunks.document, document),
          eq(chunks.generation, generation),
          eq(vectors.generation, generation),
          gt(chunks.ordinal, after),
        ),
      )
      .orderBy(asc(chunks.ordinal))
      .limit(CHUNKS_PER_RECORD),
  )
  return rows.map(({ vector, ...row }) => ({ ...row, vector: encodeVector(vector) }))
}

async function* exportConversations(
  database: Database,
): AsyncGenerator<Extract<ArchiveRecord, { type: 'conversation' }>> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const batch = await database.run((queries) =>
      queries
        .select({ id: conversations.id, row: rowOf('conversations') })
        .from(conversations)
        .where(gt(conversations.id, after))
        .orderBy(asc(conversations.id))
        .limit(CONVERSATIONS_PER_STATEMENT),
    )
    for (const { id, row } of batch) {
      yield { type: 'conversation', id, row, ...(await readConversation(database, id)) }
      after = id
    }
    if (batch.length < CONVERSATIONS_PER_STATEMENT) return
  }
}

/** One statement per table is consistent, because an answer is written at once with everything that belongs to it. */
async function readConversation(database: Database, id: string) {
  const ended = and(eq(answers.conversation, id), ne(answers.state, 'running'))
  return database.transaction(async (queries) => {
    const rows = await queries
      .select({ id: answers.id, row: rowOf('answers') })
      .from(answers)
      .where(ended)
      .orderBy(asc(answers.askedAt), asc(answers.id))
    const said = await queries
      .select({ row: rowOf('messages') })
      .from(messages)
      .innerJoin(answers, and(eq(answers.principal, messages.principal), eq(answers.id, messages.answer)))
      .where(ended)
      .orderBy(asc(messages.id))
    const cited = await queries
      .select({ row: rowOf('citations') })
      .from(citations)
      .innerJoin(answers, and(eq(answers.principal, citations.principal), eq(answers.id, citations.answer)))
      .where(ended)
    return {
      // What is stored to go on with an interrupted answer names its asker with groups.
      answers: rows.map(({ row: { request: _, ...row } }) => row),
      messages: said.map(({ row }) => row),
      citations: cited.map(({ row }) => row),
    }
  })
}

const VERSION = sql<string>`${documents}.xmin::text`

/** A table's row as JSON, produced by PostgreSQL, with all its columns. */
const rowOf = (table: string) =>
  sql`to_jsonb(${sql.identifier(table)})`.mapWith((row: unknown) => rowSchema.parse(row))
