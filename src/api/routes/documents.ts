import { z } from 'zod'
import { LANGUAGES } from '../../domain/language.ts'
import { MAX_MOMENT_CHARACTERS } from '../../protocol/shapes.ts'
import { collectionName, hash, limit, MAX_URI_CHARACTERS, named, percentEncoded, sourceId } from './fields.ts'
import { nothing, type Route } from './route.ts'

/** In a header because query strings end up in the logs of proxies; percent-encoded because headers are Latin-1. */
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
  metadata: z.record(z.string(), z.string()).describe('what the document says of itself'),
  modifiedAt: z.iso
    .datetime()
    .nullable()
    .describe('as the document says, else when the file was last written'),
  ingestedAt: z.iso.datetime(),
})

const manifestSchema = z.object({
  source: sourceId.optional().describe('these files are documents of this source from now on'),
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
    summary: 'Which of these files must be uploaded; makes the collection when it is new',
    params: named,
    body: manifestSchema,
    response: z.object({
      needed: z.array(z.string()).describe('uris whose content the index does not hold'),
      changed: z.array(z.string()).describe('those of them that it knows with other content'),
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
      'Upload one file; answers when it can be found, with `job` when it is accepted and parsed. Without, it is indexed also when the client goes once all of it was sent',
    params: named,
    query: z.object({
      uri: z.string().min(1).max(MAX_URI_CHARACTERS),
      hash,
      job: z.string().max(64).optional().describe('run that the file belongs to'),
      modifiedAt: z.iso
        .datetime()
        .max(MAX_MOMENT_CHARACTERS)
        .optional()
        .describe('when the file was last written'),
      source: sourceId.optional().describe('source that it came from'),
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
      at: z.coerce.number().int().min(0).optional().describe('offset whose place is wanted too'),
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
