import { randomUUID } from 'node:crypto'
import { and, eq, isNull, sql } from 'drizzle-orm'
import { apiKeys, collections, documents, sources, users } from '../../../drizzle/schema.ts'
import type { IndexSpec } from '../../domain/document.ts'
import { ChatbotError } from '../../domain/errors.ts'
import { parseJson } from '../../domain/json.ts'
import type { Principal } from '../../domain/principal.ts'
import type { Restored, RestoreOptions } from '../../ports/store/backup.ts'
import {
  type ArchiveRecord,
  type BackupRow,
  decodeVector,
  secretsSchema,
} from '../../ports/store/backup-records.ts'
import { NO_PASSWORD } from '../../ports/store/users.ts'
import type { Database, Queries } from '../database/database.ts'
import { boundLog } from '../database/maintenance.ts'
import { findCollection, lockCollection, raiseRevision } from '../documents/collections.ts'
import { type StoredChunk, writeChunks, writeParts } from '../documents/documents.ts'
import { ensureGeneration } from '../indexes/partitions.ts'
import { withTerms } from '../search/chunk-terms.ts'

/** A document whose records are still arriving. */
interface Arriving {
  readonly id: string
  readonly row: BackupRow
  /** Its source, if it exists here. */
  readonly source: string | null
  readonly texts: string[]
  readonly chunks: Omit<StoredChunk, 'text' | 'terms'>[]
}

/** See BackupRepository.restore. */
export async function restoreRecords(
  database: Database,
  principal: Principal,
  records: AsyncIterable<ArchiveRecord>,
  { accounts = false, unseal }: RestoreOptions,
): Promise<Restored> {
  const restored = {
    collections: 0,
    documents: 0,
    conversations: 0,
    unchanged: 0,
    users: 0,
    withoutPassword: 0,
    keys: 0,
    grants: 0,
  }
  const arrivals = accountArrivals(database)
  let target: { name: string; index: IndexSpec | null } | undefined
  /** Ids of the sources here, by their ids in the archive. */
  const sourceIds = new Map<string, string>()
  let arriving: Arriving | undefined
  for await (const record of records) {
    switch (record.type) {
      case 'header':
      case 'collection-end':
      case 'end':
        break
      case 'secrets':
        if (accounts && unseal !== undefined)
          restored.keys += await arrivals.secrets(await unseal(record.sealed))
        break
      case 'user': {
        if (!accounts) break
        const user = await arrivals.user(record.id, record.row)
        if (user !== 'there') restored.users += 1
        if (user === 'without password') restored.withoutPassword += 1
        break
      }
      case 'grant':
        if (accounts && (await arrivals.grant(record.collection, record.row))) restored.grants += 1
        break
      case 'collection':
        target = { name: record.name, index: record.index }
        await ensureCollection(database, principal, record.name, record.row)
        restored.collections += 1
        break
      case 'source':
        if (target === undefined) throw outOfOrder()
        sourceIds.set(record.id, await ensureSource(database, principal, target.name, record.id, record.row))
        break
      case 'document': {
        const { id, row } = record
        arriving = { id, row, source: sourceIds.get(String(row.source_id)) ?? null, texts: [], chunks: [] }
        break
      }
      case 'text':
        arriving?.texts.push(record.text)
        break
      case 'chunks':
        for (const { vector, page, line, ...chunk } of record.chunks) {
          arriving?.chunks.push({
            ...chunk,
            page: page ?? undefined,
            line: line ?? undefined,
            vector: decodeVector(vector),
          })
        }
        break
      case 'document-end': {
        if (arriving?.id !== record.id || target === undefined) throw outOfOrder()
        const changed = await putDocument(database, target.name, target.index, arriving)
        restored[changed ? 'documents' : 'unchanged'] += 1
        arriving = undefined
        break
      }
      case 'document-removed':
        await removeDocument(database, target?.name ?? '', record.id)
        break
      case 'conversation': {
        const added = await database.transaction((queries) =>
          putConversation(queries, record, arrivals.subjectOf),
        )
        restored[added ? 'conversations' : 'unchanged'] += 1
      }
    }
  }
  return restored
}

async function ensureCollection(
  database: Database,
  principal: Principal,
  name: string,
  row: BackupRow,
): Promise<void> {
  await database.run(async (queries) => {
    const own = { ...row, name, revision: 0, active_generation: null, created_by: principal.id }
    await insertRow(queries, 'collections', own)
  })
}

/** The id of the source at that location, which differs if it already existed here. */
async function ensureSource(
  database: Database,
  principal: Principal,
  collection: string,
  id: string,
  row: BackupRow,
): Promise<string> {
  return database.run(async (queries) => {
    const owner = await findCollection(queries, principal, collection)
    const [held] = await queries
      .select({ id: sources.id })
      .from(sources)
      .where(
        and(
          eq(sources.collection, owner.id),
          eq(sources.machine, String(row.machine)),
          eq(sources.location, String(row.location)),
        ),
      )
    if (held !== undefined) return held.id
    const own = { ...row, collection_id: owner.id }
    if (await insertRow(queries, 'sources', { ...own, id })) return id
    // Another source here has this id.
    const other = randomUUID()
    await insertRow(queries, 'sources', { ...own, id: other })
    return other
  })
}

/** False if the same document exists. */
async function putDocument(
  database: Database,
  collection: string,
  index: IndexSpec | null,
  { id, row, source, texts, chunks: arrived }: Arriving,
): Promise<boolean> {
  const text = texts.join('')
  const named = { uri: String(row.uri), title: String(row.title) }
  const whole = await withTerms(
    arrived.map((chunk) => ({ ...chunk, ...named, text: text.slice(chunk.start, chunk.end) })),
  )
  const changed = await database.transaction(async (queries) => {
    const owner = await lockCollection(queries, collection)
    const [held] = await queries
      .select({
        id: documents.id,
        // The same file, read again, may give different text and chunks.
        same: sql<boolean>`${documents.id} = ${id} AND ${documents.hash} = ${String(row.hash)}
          AND ${documents.ingestedAt} = ${String(row.ingested_at)}::timestamptz`,
      })
      .from(documents)
      .where(and(eq(documents.collection, owner.id), eq(documents.uri, String(row.uri))))
    if (held?.same === true) return false
    if (held !== undefined) await queries.delete(documents).where(eq(documents.id, held.id))
    const [other] = await queries.select({ id: documents.id }).from(documents).where(eq(documents.id, id))
    const own = other === undefined ? id : randomUUID()
    await insertRow(queries, 'documents', { ...row, id: own, collection_id: owner.id, source_id: source })
    await writeParts(queries, own, text)
    if (index !== null && whole.length > 0) {
      const generation = await ensureGeneration(queries, owner, index)
      await writeChunks(queries, generation, own, whole)
    }
    await raiseRevision(queries, owner.id)
    return true
  })
  await boundLog(database)
  return changed
}

async function removeDocument(database: Database, collection: string, id: string): Promise<void> {
  await database.transaction(async (queries) => {
    const owner = await lockCollection(queries, collection)
    await queries.delete(documents).where(and(eq(documents.collection, owner.id), eq(documents.id, id)))
    await raiseRevision(queries, owner.id)
  })
}

/** False if it exists already. */
async function putConversation(
  queries: Queries,
  { row, answers, messages, citations }: Extract<ArchiveRecord, { type: 'conversation' }>,
  subjectOf: (subject: string) => string,
): Promise<boolean> {
  const owned = (own: BackupRow): BackupRow => ({ ...own, principal: subjectOf(String(own.principal)) })
  if (!(await insertRow(queries, 'conversations', owned(row)))) return false
  for (const answer of answers) await insertRow(queries, 'answers', owned(answer))
  await forgetOthersQuestions(queries, String(row.id))
  // Their ids only give the order of insertion.
  for (const { id: _, ...message } of messages) await insertRow(queries, 'messages', owned(message))
  for (const citation of citations) await insertRow(queries, 'citations', owned(citation))
  return true
}

/** Earlier versions showed an asker another asker's question if the answer came from the cache. */
async function forgetOthersQuestions(queries: Queries, conversation: string): Promise<void> {
  await queries.execute(sql`
    UPDATE answers SET cached = cached - 'question'
    WHERE conversation_id = ${conversation}::uuid AND cached->>'question' <> question`)
}

/** Handles records of users, keys and roles. */
function accountArrivals(database: Database) {
  let passwords: Readonly<Record<string, string>> = {}
  /** Maps subjects of the archive to those here, if they differ; and keys that are not here. */
  const renamed = new Map<string, string>()
  const keys = new Set<string>()
  const subjectOf = (subject: string) => renamed.get(subject) ?? subject

  return {
    subjectOf,
    /** Returns the number of keys added. */
    async secrets(text: string): Promise<number> {
      const secrets = secretsSchema.parse(parseJson(text))
      passwords = secrets.passwords
      return database.transaction(async (queries) => {
        let added = 0
        for (const row of secrets.keys) {
          if (await insertRow(queries, 'api_keys', row)) added += 1
          const [held] = await queries
            .select({ id: apiKeys.id })
            .from(apiKeys)
            .where(and(eq(apiKeys.id, String(row.id)), isNull(apiKeys.revokedAt)))
          if (held !== undefined) keys.add(`key:${held.id}`)
        }
        return added
      })
    },
    async user(id: string, row: BackupRow): Promise<'there' | 'added' | 'without password'> {
      const password = passwords[id] ?? NO_PASSWORD
      return database.transaction(async (queries) => {
        if (await insertRow(queries, 'users', { ...row, password })) {
          return password === NO_PASSWORD ? 'without password' : 'added'
        }
        const [held] = await queries
          .select({ id: users.id })
          .from(users)
          .where(eq(users.name, String(row.name)))
        if (held !== undefined) renamed.set(`user:${id}`, `user:${held.id}`)
        // Restored earlier without the passphrase.
        await queries
          .update(users)
          .set({ password })
          .where(and(eq(users.id, held?.id ?? id), eq(users.password, NO_PASSWORD)))
        return 'there'
      })
    },
    /** False if the subject has a role there already, or either does not exist here. */
    async grant(collection: string | null, row: BackupRow): Promise<boolean> {
      const subject = subjectOf(String(row.subject))
      if (subject.startsWith('key:') && !keys.has(subject)) return false
      return database.transaction(async (queries) => {
        const [owner] =
          collection === null
            ? [{ id: null }]
            : await queries
                .select({ id: collections.id })
                .from(collections)
                .where(eq(collections.name, collection))
        if (owner === undefined) return false
        return insertRow(queries, 'grants', { ...row, subject, collection_id: owner.id })
      })
    },
  }
}

type Table =
  | 'collections'
  | 'sources'
  | 'documents'
  | 'conversations'
  | 'answers'
  | 'messages'
  | 'citations'
  | 'users'
  | 'api_keys'
  | 'grants'

/** False if a row with one of its unique values exists. Ignores columns that this database doesn't have. */
async function insertRow(queries: Queries, table: Table, row: BackupRow): Promise<boolean> {
  const known = await queries.execute(sql`
    SELECT column_name AS name FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name = ${table}`)
  const names = known.rows.map(({ name }) => String(name)).filter((name) => name in row)
  const columns = sql.join(
    names.map((name) => sql.identifier(name)),
    sql`, `,
  )
  const { rowCount } = await queries.execute(sql`
    INSERT INTO ${sql.identifier(table)} (${columns})
    SELECT ${columns} FROM jsonb_populate_record(NULL::${sql.identifier(table)}, ${JSON.stringify(row)}::jsonb)
    ON CONFLICT DO NOTHING`)
  return (rowCount ?? 0) > 0
}

const outOfOrder = () =>
  new ChatbotError('backup_corrupt', 'The backup is damaged: its records are out of order.')
