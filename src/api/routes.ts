/**
 * The HTTP API, one entry a route: the source of the daemon's handlers, the CLI's client and the OpenAPI
 * document. Everything but the health probes lies under /api/v1.
 */
import { z } from 'zod'
import { conversationSchema, turnSchema } from '../protocol/shapes.ts'
import {
  cacheStatsSchema,
  collectionName,
  collectionSchema,
  configEntrySchema,
  documentSchema,
  generationSchema,
  manifestSchema,
  newSourceSchema,
  sourceChangesSchema,
  sourceId,
  sourceSchema,
  sourceSummarySchema,
  statusSchema,
  syncedSchema,
} from './schemas.ts'

export const API_PREFIX = '/api/v1'
/** Both sides send their version in this header. */
export const VERSION_HEADER = 'x-chatbot-version'
/** In a header because query strings end up in the logs of proxies; percent-encoded because headers are Latin-1. */
export const PASSWORD_HEADER = 'x-chatbot-document-password'

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** With `:name` placeholders. */
  readonly path: string
  readonly summary: string
  readonly params: z.ZodObject
  readonly query: z.ZodObject
  /** Lower-case names. */
  readonly headers: z.ZodObject
  readonly body: z.ZodType
  /** The body is the bytes of a file, streamed. */
  readonly upload?: true
  /** The response is the bytes of a file, streamed. */
  readonly download?: true
  readonly response: z.ZodType
}

/** What a route takes unless it says otherwise. */
const nothing = { params: z.object({}), query: z.object({}), headers: z.object({}), body: z.undefined() }

const limit = z.coerce.number().int().min(1).max(1000).default(100)
const named = z.object({ name: collectionName })
const referenced = z.object({
  reference: z
    .string()
    .min(1)
    .max(4096)
    .describe('document id, unique prefix of it, or uri (percent-encoded)'),
})
const documentPassword = z
  .string()
  .max(3000)
  .transform((encoded, context) => {
    try {
      return decodeURIComponent(encoded)
    } catch {
      context.addIssue('not percent-encoded UTF-8')
      return z.NEVER
    }
  })
  .optional()
  .describe('password of an encrypted file, percent-encoded UTF-8; used once, never stored')
const ofSource = z.object({ id: sourceId })
const identified = z.object({ id: z.string().min(1).max(64) })

export const routes = {
  status: {
    ...nothing,
    method: 'GET',
    path: '/status',
    summary: 'State of the daemon and its parts',
    query: z.object({
      resetDelay: z.stringbool().optional().describe('count the event loop delay anew from now on'),
    }),
    response: statusSchema,
  },
  config: {
    ...nothing,
    method: 'GET',
    path: '/config',
    summary: 'The configuration in force and where each value comes from; secrets masked',
    response: z.object({ entries: z.array(configEntrySchema) }),
  },
  shutdown: {
    ...nothing,
    method: 'POST',
    path: '/shutdown',
    summary: 'Drain and stop; only through the local socket',
    response: z.object({ pid: z.int(), graceMs: z.int() }),
  },
  listCollections: {
    ...nothing,
    method: 'GET',
    path: '/collections',
    summary: 'All collections',
    response: z.object({ collections: z.array(collectionSchema) }),
  },
  createCollection: {
    ...nothing,
    method: 'POST',
    path: '/collections',
    summary: 'Make an empty collection',
    body: named,
    response: collectionSchema,
  },
  configureCollection: {
    ...nothing,
    method: 'PUT',
    path: '/collections/:name/settings',
    summary: 'Change the settings of a collection',
    params: named,
    body: z.object({ cache: z.boolean().describe('whether answers from it may be reused') }),
    response: z.object({ name: z.string(), cache: z.boolean() }),
  },
  cacheStats: {
    ...nothing,
    method: 'GET',
    path: '/cache',
    summary: 'What the answer cache holds and how it was used since the daemon started',
    response: cacheStatsSchema,
  },
  clearCache: {
    ...nothing,
    method: 'DELETE',
    path: '/cache',
    summary: 'Forget all cached answers; they stay in their conversations',
    response: z.object({ cleared: z.int().nonnegative() }),
  },
  removeCollection: {
    ...nothing,
    method: 'DELETE',
    path: '/collections/:name',
    summary: 'Delete a collection with its documents',
    params: named,
    response: z.object({ name: z.string() }),
  },
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
    }),
  },
  putDocument: {
    ...nothing,
    method: 'PUT',
    path: '/collections/:name/documents',
    summary: 'Upload and index one file; answers when it can be found',
    params: named,
    query: z.object({
      uri: z.string().min(1).max(2048),
      hash: z.string().regex(/^[0-9a-f]{64}$/),
      modifiedAt: z.iso.datetime().optional().describe('when the file was last written'),
      source: sourceId.optional().describe('source that it came from'),
    }),
    headers: z.object({ [PASSWORD_HEADER]: documentPassword }),
    upload: true,
    response: z.object({ status: z.enum(['indexed', 'unchanged']), document: documentSchema }),
  },
  listDocuments: {
    ...nothing,
    method: 'GET',
    path: '/documents',
    summary: 'Documents by uri',
    query: z.object({ collection: collectionName.optional(), limit, after: z.string().optional() }),
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
  listSources: {
    ...nothing,
    method: 'GET',
    path: '/sources',
    summary: 'Places that were ingested and can be brought in step',
    query: z.object({ collection: collectionName.optional() }),
    response: z.object({ sources: z.array(sourceSummarySchema) }),
  },
  rememberSource: {
    ...nothing,
    method: 'POST',
    path: '/collections/:name/sources',
    summary: 'Remember a place, or its new options; makes the collection when it is new',
    params: named,
    body: newSourceSchema,
    response: sourceSchema,
  },
  listSourceDocuments: {
    ...nothing,
    method: 'GET',
    path: '/sources/:id/documents',
    summary: 'Documents of a source by uri, with the hashes of their files',
    params: ofSource,
    query: z.object({
      limit: z.coerce.number().int().min(1).max(10_000).default(1000),
      after: z.string().max(2048).optional(),
    }),
    response: z.object({
      documents: z.array(
        z.object({
          uri: z.string(),
          hash: z.string(),
          current: z.boolean().describe('the index serves this content'),
        }),
      ),
    }),
  },
  changeSource: {
    ...nothing,
    method: 'POST',
    path: '/sources/:id/changes',
    summary: 'Rename and delete documents of a source, all or none',
    params: ofSource,
    body: sourceChangesSchema,
    response: z.object({
      moved: z.array(z.object({ from: z.string(), to: z.string() })),
      removed: z.array(z.string()),
    }),
  },
  markSynced: {
    ...nothing,
    method: 'POST',
    path: '/sources/:id/synced',
    summary: 'A source was read to its end',
    params: ofSource,
    body: syncedSchema,
    response: z.object({ id: sourceId }),
  },
  removeSource: {
    ...nothing,
    method: 'DELETE',
    path: '/sources/:id',
    summary: 'Forget a source, and delete its documents unless told to keep them',
    params: ofSource,
    query: z.object({ documents: z.enum(['keep', 'remove']).default('remove') }),
    response: z.object({ source: sourceSchema, removed: z.int() }),
  },
  listConversations: {
    ...nothing,
    method: 'GET',
    path: '/conversations',
    summary: 'Conversations of the caller, latest first',
    query: z.object({ limit }),
    response: z.object({ conversations: z.array(conversationSchema) }),
  },
  getConversation: {
    ...nothing,
    method: 'GET',
    path: '/conversations/:id',
    summary: 'A conversation with its turns, oldest first',
    params: identified,
    query: z.object({ limit }),
    response: z.object({ conversation: conversationSchema, turns: z.array(turnSchema) }),
  },
  removeConversation: {
    ...nothing,
    method: 'DELETE',
    path: '/conversations/:id',
    summary: 'Delete a conversation with its answers',
    params: identified,
    response: z.object({ id: z.string() }),
  },
  listIndex: {
    ...nothing,
    method: 'GET',
    path: '/index',
    summary: 'Index generations and their sizes',
    response: z.object({ generations: z.array(generationSchema) }),
  },
  backup: {
    ...nothing,
    method: 'GET',
    path: '/backup',
    summary: 'All documents, chunks, vectors and conversations as one archive (gzip of a JSON record a line)',
    download: true,
    response: z.unknown(),
  },
  restore: {
    ...nothing,
    method: 'POST',
    path: '/restore',
    summary: 'Add what an archive of `backup` holds; documents of the same name are replaced',
    upload: true,
    response: z.object({
      collections: z.int(),
      documents: z.int(),
      conversations: z.int(),
      unchanged: z.int().describe('documents and conversations that were there already'),
    }),
  },
} as const satisfies Record<string, Route>

export type Routes = typeof routes
export type RouteName = keyof Routes

/** A part of a request that may be left out when nothing in it is required. */
type Part<K extends string, T extends z.ZodType> =
  Record<string, never> extends z.input<T>
    ? { readonly [key in K]?: z.input<T> }
    : undefined extends z.input<T>
      ? { readonly [key in K]?: undefined }
      : { readonly [key in K]: z.input<T> }

/** What a client gives. */
export type RouteRequest<N extends RouteName> = Part<'params', Routes[N]['params']> &
  Part<'query', Routes[N]['query']> &
  Part<'body', Routes[N]['body']>

export type RouteResponse<N extends RouteName> = z.output<Routes[N]['response']>
