import { z } from 'zod'
import type { DocumentSummary } from '../../domain/document.ts'
import { LANGUAGES } from '../../domain/language.ts'
import { MAX_MOMENT_CHARACTERS } from '../../protocol/shapes.ts'
import { collectionName, hash, limit, MAX_URI_CHARACTERS, named, percentEncoded, sourceId } from './fields.ts'
import { nothing, type Route } from './route.ts'

/** A header, because query strings end up in proxy logs; percent-encoded, because headers are Latin-1. */
export const PASSWORD_HEADER = 'x-chatbot-document-password'

const documentPassword = percentEncoded
  .optional()
  .describe('password of an encrypted file, percent-encoded UTF-8; used once, never stored')

const referenced = z.object({
  reference: z
    .string()
    .min(1)
    .max(4096)
    .describe('document id, unique prefix of it, or uri (percent-encoded)'),
})

const documentSchema = z.object({
  id: z.string(),
  collection: z.string(),
  uri: z.string(),
  title: z.string(),
  mediaType: z.string(),
  language: z.enum(LANGUAGES),
  bytes: z.int().nonnegative().describe('size of the file'),
  length: z.int().nonnegative().describe('length of the stored text, UTF-16 code units'),
  chunks: z.int().nonnegative(),
  hash: z.string().describe("SHA-256 of the file's bytes, hex"),
  warnings: z.array(z.string()),
  metadata: z.record(z.string(), z.string()).describe("the document's metadata"),
  modifiedAt: z.iso
    .datetime()
    .nullable()
    .describe("the document's own date, else the file's modification time"),
  ingestedAt: z.iso.datetime(),
} satisfies Record<keyof DocumentSummary, z.ZodType>)

const manifestSchema = z.object({
  source: sourceId.optional().describe('the source that these files belong to from now on'),
  files: z
    .array(
      z.object({
        uri: z.string().min(1).max(MAX_URI_CHARACTERS),
        bytes: z.int().nonnegative(),
        hash,
      }),
    )
    .max(1000),
})

export const documentRoutes = {
  compareManifest: {
    ...nothing,
    method: 'POST',
    path: '/collections/:name/manifest',
    summary: 'Which of these files must be uploaded; creates the collection if necessary',
    params: named,
    body: manifestSchema,
    response: z.object({
      needed: z.array(z.string()).describe('uris whose content is not in the index'),
      changed: z.array(z.string()).describe('those that are indexed with different content'),
      staged: z
        .array(z.object({ uri: z.string(), job: z.string() }))
        .describe('uris whose content a running job is indexing'),
    }),
  },
  putDocument: {
    ...nothing,
    method: 'PUT',
    path: '/collections/:name/documents',
    summary:
      'Upload one file; responds when it is searchable (indexed even if the client disconnects once it is received and parsed), with `job` when it is accepted and parsed',
    params: named,
    query: z.object({
      uri: z.string().min(1).max(MAX_URI_CHARACTERS),
      hash,
      job: z.string().max(64).optional().describe("the file's run"),
      modifiedAt: z.iso
        .datetime()
        .max(MAX_MOMENT_CHARACTERS)
        .optional()
        .describe("the file's modification time"),
      source: sourceId.optional().describe("the file's source"),
    }),
    headers: z.object({ [PASSWORD_HEADER]: documentPassword }),
    upload: true,
    response: z.discriminatedUnion('status', [
      z.object({ status: z.literal('staged'), job: z.string() }),
      z.object({ status: z.enum(['indexed', 'unchanged']), document: documentSchema }),
    ]),
  },
  listDocuments: {
    ...nothing,
    method: 'GET',
    path: '/documents',
    summary: 'Documents by uri',
    query: z.object({
      collection: collectionName.optional(),
      limit,
      after: z.string().max(MAX_URI_CHARACTERS).optional(),
    }),
    response: z.object({ documents: z.array(documentSchema) }),
  },
  getDocument: {
    ...nothing,
    method: 'GET',
    path: '/documents/:reference',
    summary: 'One document',
    params: referenced,
    response: documentSchema,
  },
  getDocumentText: {
    ...nothing,
    method: 'GET',
    path: '/documents/:reference/text',
    summary: 'Stored text, whole or from start to end (UTF-16 code units)',
    params: referenced,
    query: z.object({
      start: z.coerce.number().int().min(0).optional(),
      end: z.coerce.number().int().min(0).optional(),
      at: z.coerce.number().int().min(0).optional().describe('also return the location of this offset'),
    }),
    response: z.object({
      document: documentSchema,
      start: z.int(),
      end: z.int(),
      text: z.string(),
      heading: z.string().optional().describe('section of `at`'),
      page: z.int().optional(),
      line: z.int().optional(),
    }),
  },
  removeDocument: {
    ...nothing,
    method: 'DELETE',
    path: '/documents/:reference',
    summary: 'Delete a document with its chunks and vectors',
    params: referenced,
    response: documentSchema,
  },
} as const satisfies Record<string, Route>
