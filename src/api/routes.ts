/**
 * The HTTP API, one entry a route: the source of the daemon's handlers, the CLI's client and the OpenAPI
 * document. Everything but the health probes lies under /api/v1.
 */
import { z } from 'zod'
import { STAGED_STATES } from '../domain/job.ts'
import { clientMessages } from '../protocol/messages.ts'
import { conversationSchema, passageSchema, turnSchema } from '../protocol/shapes.ts'
import { accountRoutes } from './account-routes.ts'
import {
  cacheStatsSchema,
  collectionName,
  collectionSchema,
  collectionSettings,
  configEntrySchema,
  documentSchema,
  generationSchema,
  jobDocumentSchema,
  jobSchema,
  manifestSchema,
  newSourceSchema,
  nothing,
  sourceChangesSchema,
  sourceId,
  sourceSchema,
  sourceSummarySchema,
  statusSchema,
  syncedSchema,
  verificationSchema,
} from './schemas.ts'

export const API_PREFIX = '/api/v1'
/** Both sides send their version in this header. */
export const VERSION_HEADER = 'x-chatbot-version'
/** In a header because query strings end up in the logs of proxies; percent-encoded because headers are Latin-1. */
export const PASSWORD_HEADER = 'x-chatbot-document-password'

/** As the one above. */
export const PASSPHRASE_HEADER = 'x-chatbot-passphrase'

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
  /** Needs no token. */
  readonly open?: true
  /** The body is the bytes of a file, streamed. */
  readonly upload?: true
  /** The response is the bytes of a file, streamed. */
  readonly download?: true
  readonly response: z.ZodType
}

const limit = z.coerce.number().int().min(1).max(1000).default(100)
const named = z.object({ name: collectionName })
const referenced = z.object({
  reference: z
    .string()
    .min(1)
    .max(4096)
    .describe('document id, unique prefix of it, or uri (percent-encoded)'),
})
const percentEncoded = z
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
const documentPassword = percentEncoded
  .optional()
  .describe('password of an encrypted file, percent-encoded UTF-8; used once, never stored')
const passphrase = percentEncoded
  .pipe(z.string().min(12, 'a passphrase has at least 12 characters'))
  .optional()
  .describe('what hashes of passwords and keys are encrypted with, percent-encoded UTF-8')
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
    body: z
      .object(collectionSettings)
      .partial()
      .refine((settings) => Object.keys(settings).length > 0, 'name a setting'),
    response: z.object({ name: z.string(), ...collectionSettings }),
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
      staged: z
        .array(z.object({ uri: z.string(), job: z.string() }))
        .describe('uris whose content a running job is indexing'),
    }),
  },
  putDocument: {
    ...nothing,
    method: 'PUT',
    path: '/collections/:name/documents',
    summary: 'Upload one file; answers when it can be found, with `job` when it is accepted and parsed',
    params: named,
    query: z.object({
      uri: z.string().min(1).max(2048),
      hash: z.string().regex(/^[0-9a-f]{64}$/),
      job: z.string().optional().describe('run that the file belongs to'),
      modifiedAt: z.iso.datetime().optional().describe('when the file was last written'),
      source: sourceId.optional().describe('source that it came from'),
    }),
    headers: z.object({ [PASSWORD_HEADER]: documentPassword }),
    upload: true,
    response: z.discriminatedUnion('status', [
      z.object({ status: z.literal('staged'), job: z.string() }),
      z.object({ status: z.enum(['indexed', 'unchanged']), document: documentSchema }),
    ]),
  },
  createJob: {
    ...nothing,
    method: 'POST',
    path: '/collections/:name/jobs',
    summary: 'Begin a run: uploads that name it are indexed in the background',
    params: named,
    response: jobSchema,
  },
  sealJob: {
    ...nothing,
    method: 'POST',
    path: '/jobs/:id/seal',
    summary: 'Say that everything was uploaded: the run is done when all of it is indexed',
    params: identified,
    response: jobSchema,
  },
  listJobs: {
    ...nothing,
    method: 'GET',
    path: '/jobs',
    summary: 'Jobs of the caller, latest first',
    query: z.object({ limit }),
    response: z.object({ jobs: z.array(jobSchema) }),
  },
  getJob: {
    ...nothing,
    method: 'GET',
    path: '/jobs/:id',
    summary: 'How far a job is; the id may be a unique prefix of it',
    params: identified,
    response: jobSchema,
  },
  listJobDocuments: {
    ...nothing,
    method: 'GET',
    path: '/jobs/:id/documents',
    summary: 'What became of each document of a run',
    params: identified,
    query: z.object({
      after: z.coerce.number().int().min(0).optional().describe('id of the last document of the page before'),
      state: z.enum(STAGED_STATES).optional(),
      limit,
    }),
    response: z.object({ documents: z.array(jobDocumentSchema) }),
  },
  cancelJob: {
    ...nothing,
    method: 'POST',
    path: '/jobs/:id/cancel',
    summary: 'End a running or failed job; what it has indexed stays',
    params: identified,
    response: jobSchema,
  },
  retryJob: {
    ...nothing,
    method: 'POST',
    path: '/jobs/:id/retry',
    summary: 'Let a failed job go on from where it was',
    params: identified,
    response: jobSchema,
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
  rebuildIndex: {
    ...nothing,
    method: 'POST',
    path: '/collections/:name/rebuild',
    summary:
      'Make the index of a collection anew from its stored text, beside the one that is searched meanwhile',
    params: named,
    body: z.object({
      model: z
        .string()
        .min(1)
        .max(4096)
        .optional()
        .describe('embedding model; the one that it has unless told'),
    }),
    response: z.object({ job: jobSchema.nullable().describe('null: the index is up to date') }),
  },
  verifyIndex: {
    ...nothing,
    method: 'POST',
    path: '/collections/:name/verify',
    summary: 'Compare the index of a collection with its stored documents, and repair it when asked',
    params: named,
    body: z.object({ fix: z.boolean().default(false) }),
    response: verificationSchema.extend({
      job: jobSchema.nullable().describe('the rebuild that makes damaged chunks anew'),
    }),
  },
  dropGeneration: {
    ...nothing,
    method: 'DELETE',
    path: '/index/:generation',
    summary: 'Drop an index generation that is not searched, and give up the rebuild that makes it',
    params: z.object({ generation: z.coerce.number().int().min(1).max(2_147_483_647) }),
    response: z.object({ generation: z.int(), collection: z.string() }),
  },
  search: {
    ...nothing,
    method: 'POST',
    path: '/search',
    summary: 'The passages that fit a query best, without an answer',
    body: clientMessages.search.omit({ type: true, id: true }),
    response: z.object({ passages: z.array(passageSchema) }),
  },
  listEngines: {
    ...nothing,
    method: 'GET',
    path: '/engines',
    summary: 'The engines that can answer, and whether they do',
    response: z.object({
      engines: z.array(
        z.object({
          name: z.string(),
          model: z.string(),
          used: z.enum(['first', 'as a fallback', 'on request']),
          state: z.enum(['ok', 'resting']),
          because: z.string().optional(),
        }),
      ),
    }),
  },
  testEngine: {
    ...nothing,
    method: 'POST',
    path: '/engines/:name/test',
    summary: 'Ask an engine a small question',
    params: z.object({ name: z.string().min(1).max(64) }),
    response: z.object({
      text: z.string(),
      firstMs: z.int(),
      totalMs: z.int(),
      usage: z.object({ promptTokens: z.int(), completionTokens: z.int() }).optional(),
      warnings: z.array(z.string()),
    }),
  },
  backup: {
    ...nothing,
    method: 'GET',
    path: '/backup',
    summary:
      'All documents, chunks, vectors, conversations, users and roles as one archive (gzip of a JSON record a line); with a passphrase also keys and passwords',
    headers: z.object({ [PASSPHRASE_HEADER]: passphrase }),
    download: true,
    response: z.unknown(),
  },
  restore: {
    ...nothing,
    method: 'POST',
    path: '/restore',
    summary: 'Add what an archive of `backup` holds; documents of the same name are replaced',
    query: z.object({
      accounts: z.stringbool().default(false).describe('also users and roles, with the passphrase also keys'),
    }),
    headers: z.object({ [PASSPHRASE_HEADER]: passphrase }),
    upload: true,
    response: z.object({
      collections: z.int(),
      documents: z.int(),
      conversations: z.int(),
      unchanged: z.int().describe('documents and conversations that were there already'),
      users: z.int(),
      withoutPassword: z.int().describe('of those: who cannot log in until one is set'),
      keys: z.int(),
      grants: z.int(),
    }),
  },
  ...accountRoutes,
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
