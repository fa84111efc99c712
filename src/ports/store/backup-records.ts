/**
 * The records of an archive, one per line. A later record of a document replaces an earlier one; a document
 * without its `document-end` was changed during the backup and is ignored. A `row` is a table's row as PostgreSQL
 * writes it in JSON: a restore ignores columns it doesn't have, and uses the default for columns that the archive
 * lacks.
 */
import { z } from 'zod'
import { packedBlocksSchema } from './packed-blocks.ts'

/** 2: users and roles. */
export const ARCHIVE_FORMAT = 2

export const rowSchema = z.record(z.string(), z.json())
const row = rowSchema
export type BackupRow = z.infer<typeof rowSchema>

export const recordSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('header'),
    format: z.int(),
    /** Version of the program that wrote it. */
    version: z.string(),
    createdAt: z.iso.datetime(),
  }),
  /** Secrets of the users and keys, encrypted with the backup's passphrase: see `secretsSchema`. */
  z.object({ type: z.literal('secrets'), sealed: z.string() }),
  /** Without the password. */
  z.object({ type: z.literal('user'), id: z.uuid(), row }),
  z.object({
    type: z.literal('collection'),
    name: z.string(),
    row,
    /** How its vectors were made; null if nothing was ever ingested. */
    index: z
      .object({
        reference: z.string().default('builtin'),
        model: z.string(),
        dimensions: z.int().min(1).max(16_000),
        splitter: z.string(),
      })
      .nullable(),
  }),
  /** A source of the preceding collection. */
  z.object({ type: z.literal('source'), id: z.uuid(), row }),
  /** Belongs to the preceding collection; its texts and chunks follow. */
  z.object({ type: z.literal('document'), id: z.uuid(), row }),
  /** The next part of the document's text. */
  z.object({ type: z.literal('text'), text: z.string() }),
  /** The next chunks of the document, without their texts, which are the document's text at their spans. */
  z.object({
    type: z.literal('chunks'),
    chunks: z.array(
      z.object({
        ordinal: z.int().min(0),
        start: z.int().min(0),
        end: z.int().min(0),
        heading: z.string(),
        page: z.int().nullable(),
        line: z.int().nullable(),
        tokens: z.int().min(0),
        hash: z.string(),
        /** The context embedded before the text; missing in older archives. */
        context: z.string().nullable().default(null),
        /** Missing in older archives. */
        blocks: packedBlocksSchema.nullable().default(null),
        /** Base64 of little-endian float32. */
        vector: z.base64(),
      }),
    ),
  }),
  z.object({ type: z.literal('document-end'), id: z.uuid() }),
  /** Deleted from the collection during the backup. */
  z.object({ type: z.literal('document-removed'), id: z.uuid() }),
  /** The collection is complete, as of this revision. */
  z.object({ type: z.literal('collection-end'), revision: z.int(), documents: z.int() }),
  z.object({
    type: z.literal('conversation'),
    id: z.uuid(),
    row,
    answers: z.array(row),
    messages: z.array(row),
    citations: z.array(row),
  }),
  /** A role on the collection with this name, or on all; roles of keys only if there are secrets. */
  z.object({ type: z.literal('grant'), collection: z.string().nullable(), row }),
  z.object({ type: z.literal('end'), collections: z.int(), documents: z.int(), conversations: z.int() }),
])

/** Password hashes by user id, and the keys that are not revoked. */
export const secretsSchema = z.object({ passwords: z.record(z.string(), z.string()), keys: z.array(row) })

export type ArchiveRecord = z.infer<typeof recordSchema>

export function encodeVector(values: Float32Array): string {
  const bytes = Buffer.allocUnsafe(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeFloatLE(value, index * 4)
  return bytes.toString('base64')
}

export function decodeVector(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64')
  return Float32Array.from({ length: bytes.length >> 2 }, (_, index) => bytes.readFloatLE(index * 4))
}
