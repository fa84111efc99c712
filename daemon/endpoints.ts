/** What each route of the HTTP API does: parse, call, shape. */
import { z } from 'zod'
import { PASSWORD_HEADER, type Route, routes } from '../src/api/routes.ts'
import { unpackArchive } from '../src/backup/archive.ts'
import { listConfig } from '../src/config/load.ts'
import type { ConversationSummary, Turn } from '../src/domain/answer.ts'
import type { Collection, DocumentSummary } from '../src/domain/document.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import type { Principal } from '../src/domain/principal.ts'
import type { Source } from '../src/domain/source.ts'
import { backupStream } from './backup.ts'
import type { Life, Services } from './services.ts'
import { resetLoopDelay, status } from './status.ts'
import { bodyStream, ingestUpload } from './uploads.ts'

export interface EndpointContext {
  readonly principal: Principal
  readonly services: Services
  readonly life: Life
  /** The request came through the daemon's own socket. */
  readonly local: boolean
  /** Aborts when the client goes away before it has its response. */
  readonly signal: AbortSignal
}

export interface Endpoint {
  readonly route: Route
  handle(
    raw: { params: unknown; query: unknown; headers: unknown; body: unknown },
    context: EndpointContext,
  ): Promise<unknown>
}

interface Shapes<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  H extends z.ZodObject,
  B extends z.ZodType,
  R extends z.ZodType,
> extends Route {
  readonly params: P
  readonly query: Q
  readonly headers: H
  readonly body: B
  readonly response: R
}

interface Input<P extends z.ZodObject, Q extends z.ZodObject, H extends z.ZodObject, B extends z.ZodType> {
  readonly params: z.output<P>
  readonly query: z.output<Q>
  readonly headers: z.output<H>
  readonly body: z.output<B>
  /** The request's stream, where the route takes an upload. */
  readonly upload: unknown
}

function endpoint<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  H extends z.ZodObject,
  B extends z.ZodType,
  R extends z.ZodType,
>(
  route: Shapes<P, Q, H, B, R>,
  handle: (input: Input<P, Q, H, B>, context: EndpointContext) => Promise<z.input<R>>,
): Endpoint {
  return {
    route,
    handle: (raw, context) =>
      handle(
        {
          params: parse(route.params, raw.params, 'path'),
          query: parse(route.query, raw.query, 'query'),
          headers: parse(route.headers, raw.headers, 'headers'),
          body: parse(route.body, route.body instanceof z.ZodUndefined ? undefined : raw.body, 'body'),
          upload: route.upload === true ? raw.body : undefined,
        },
        context,
      ),
  }
}

function parse<S extends z.ZodType>(schema: S, value: unknown, place: string): z.output<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => `${[place, ...path].join('.')}: ${message}`)
  throw new ChatbotError('bad_request', `The request is not valid: ${problems.join('; ')}`)
}

export const endpoints: readonly Endpoint[] = [
  endpoint(routes.status, async ({ query }, { services, life, principal }) => {
    if (query.resetDelay === true) resetLoopDelay()
    return status(services, life, principal)
  }),

  endpoint(routes.config, async (_input, { services }) => ({ entries: listConfig(services.loaded) })),

  endpoint(routes.shutdown, async (_input, { services, life, local }) => {
    if (!local)
      throw new ChatbotError(
        'forbidden',
        'Only the user of the machine can stop the daemon, with `chatbot stop`.',
      )
    life.stop('asked by the command line')
    return { pid: process.pid, graceMs: services.loaded.config.server.drainMs }
  }),

  endpoint(routes.listCollections, async (_input, { services, principal }) => {
    const collections = await services.ports.store.collections.list(principal)
    return { collections: collections.map((found) => collection(found, found)) }
  }),

  endpoint(routes.createCollection, async ({ body }, { services, principal }) => {
    const made = await services.ports.store.collections.create(principal, body.name)
    return collection(made, { documents: 0, chunks: 0 })
  }),

  endpoint(routes.configureCollection, async ({ params, body }, { services, principal }) => {
    const { name, cache } = await services.ports.store.collections.configure(principal, params.name, body)
    return { name, cache }
  }),

  endpoint(routes.cacheStats, async (_input, { services: { cache, loaded }, principal }) => {
    const { enabled, ttlMinutes, maxAnswers } = loaded.config.cache
    return { enabled, ttlMinutes, maxAnswers, ...(await cache.stats(principal)), ...cache.counts() }
  }),

  endpoint(routes.clearCache, async (_input, { services, principal }) => ({
    cleared: await services.cache.clear(principal),
  })),

  endpoint(routes.removeCollection, async ({ params }, { services, principal }) => {
    await services.ports.store.collections.remove(principal, params.name)
    return { name: params.name }
  }),

  endpoint(routes.compareManifest, async ({ params, body }, { services, principal }) => {
    const { store } = services.ports
    await store.collections.ensure(principal, params.name)
    const compared = await store.documents.missing(principal, params.name, services.spec, body.files)
    if (body.source !== undefined) {
      const needed = new Set(compared.needed)
      const held = body.files.filter(({ uri }) => !needed.has(uri)).map(({ uri }) => uri)
      await store.sources.adopt(principal, body.source, held)
    }
    return compared
  }),

  endpoint(
    routes.putDocument,
    async ({ params, query, headers, upload }, { services, principal, signal }) => {
      const { status, document: stored } = await ingestUpload(services, principal, {
        collection: params.name,
        uri: query.uri,
        hash: query.hash,
        modifiedAt: query.modifiedAt === undefined ? undefined : new Date(query.modifiedAt),
        source: query.source,
        password: headers[PASSWORD_HEADER],
        bytes: upload,
        signal,
      })
      return { status, document: document(stored) }
    },
  ),

  endpoint(routes.listDocuments, async ({ query }, { services, principal }) => {
    const documents = await services.ports.store.documents.list(principal, query)
    return { documents: documents.map(document) }
  }),

  endpoint(routes.getDocument, async ({ params }, { services, principal }) =>
    document(await services.ports.store.documents.get(principal, params.reference)),
  ),

  endpoint(routes.getDocumentText, async ({ params, query }, { services, principal }) => {
    const found = await services.ports.store.documents.text(principal, params.reference)
    const start = Math.min(query.start ?? 0, found.text.length)
    const end = Math.min(query.end ?? found.text.length, found.text.length)
    if (end < start) throw new ChatbotError('bad_request', `The span ${start}:${end} ends before it starts.`)
    const { at } = query
    const place = at === undefined ? undefined : await placeOf(services, principal, found, at)
    return { document: document(found.document), start, end, text: found.text.slice(start, end), ...place }
  }),

  endpoint(routes.removeDocument, async ({ params }, { services, principal }) =>
    document(await services.ports.store.documents.remove(principal, params.reference)),
  ),

  endpoint(routes.listSources, async ({ query }, { services, principal }) => {
    const sources = await services.ports.store.sources.list(principal, query.collection)
    return { sources: sources.map((found) => ({ ...source(found), documents: found.documents })) }
  }),

  endpoint(routes.rememberSource, async ({ params, body }, { services, principal }) => {
    const { store } = services.ports
    await store.collections.ensure(principal, params.name)
    return source(await store.sources.remember(principal, params.name, body))
  }),

  endpoint(routes.listSourceDocuments, async ({ params, query }, { services, principal }) => {
    const { store } = services.ports
    const { collection, documents } = await store.sources.documents(principal, params.id, query)
    const { needed } = await store.documents.missing(principal, collection, services.spec, documents)
    const stale = new Set(needed)
    return { documents: documents.map((found) => ({ ...found, current: !stale.has(found.uri) })) }
  }),

  endpoint(routes.changeSource, async ({ params, body }, { services, principal }) =>
    services.ports.store.sources.change(principal, params.id, body),
  ),

  endpoint(routes.markSynced, async ({ params, body }, { services, principal }) => {
    await services.ports.store.sources.synced(principal, params.id, body.validators)
    return { id: params.id }
  }),

  endpoint(routes.removeSource, async ({ params, query }, { services, principal }) => {
    const gone = await services.ports.store.sources.remove(principal, params.id, query.documents)
    return { source: source(gone.source), removed: gone.removed }
  }),

  endpoint(routes.listConversations, async ({ query }, { services, principal }) => {
    const conversations = await services.ports.store.conversations.list(principal, query.limit)
    return { conversations: conversations.map(conversation) }
  }),

  endpoint(routes.getConversation, async ({ params, query }, { services, principal }) => {
    const found = await services.ports.store.conversations.turns(principal, params.id, query.limit)
    return { conversation: conversation(found.conversation), turns: found.turns.map(turn) }
  }),

  endpoint(routes.removeConversation, async ({ params }, { services, principal }) => {
    await services.ports.store.conversations.remove(principal, params.id)
    return { id: params.id }
  }),

  endpoint(routes.listIndex, async (_input, { services, principal }) => {
    const generations = await services.ports.store.index.list(principal)
    return {
      generations: generations.map(({ spec, createdAt, ...rest }) => ({
        ...rest,
        ...spec,
        createdAt: createdAt.toISOString(),
      })),
    }
  }),

  endpoint(routes.backup, async (_input, { services, principal, life, signal }) =>
    backupStream(services.ports.store, principal, life.version, signal),
  ),

  endpoint(routes.restore, async ({ upload }, { services, principal }) =>
    services.ports.store.backup.restore(principal, unpackArchive(bodyStream(upload))),
  ),
]

const collection = (
  { id, name, revision, cache, createdAt }: Collection,
  counts: { documents: number; chunks: number },
) => ({
  id,
  name,
  revision,
  cache,
  documents: counts.documents,
  chunks: counts.chunks,
  createdAt: createdAt.toISOString(),
})

/** Section, page and exact line of an offset. */
async function placeOf(
  { ports }: Services,
  principal: Principal,
  { document, text }: { document: DocumentSummary; text: string },
  at: number,
): Promise<{ heading?: string; page?: number; line?: number }> {
  const found = await ports.store.documents.placeAt(principal, document.id, at)
  if (found === undefined) return {}
  const { start, line, ...place } = found
  return line === undefined ? place : { ...place, line: line + text.slice(start, at).split('\n').length - 1 }
}

const document = ({ ingestedAt, modifiedAt, warnings, metadata, ...rest }: DocumentSummary) => ({
  ...rest,
  warnings: [...warnings],
  metadata: { ...metadata },
  modifiedAt: modifiedAt?.toISOString() ?? null,
  ingestedAt: ingestedAt.toISOString(),
})

const source = ({ options, createdAt, syncedAt, ...rest }: Source) => {
  const { root, include, exclude } = options
  return {
    ...rest,
    options: { root, include: include && [...include], exclude: exclude && [...exclude] },
    createdAt: createdAt.toISOString(),
    syncedAt: syncedAt === null ? null : syncedAt.toISOString(),
  }
}

/** As in the protocol's `turns` message. */
export const conversation = ({ createdAt, updatedAt, ...rest }: ConversationSummary) => ({
  ...rest,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
})

export const turn = ({ askedAt, citations, ...rest }: Turn) => ({
  ...rest,
  citations: [...citations],
  askedAt: askedAt.toISOString(),
})
