/** The handler of each route of the HTTP API: call, shape. */
import { isAbsolute } from 'node:path'
import { lastAnswer } from '../../src/answers/once.ts'
import { PASSPHRASE_HEADER } from '../../src/api/routes/backup.ts'
import { PASSWORD_HEADER } from '../../src/api/routes/documents.ts'
import type { EventRouteName, GuardedRouteName } from '../../src/api/routes.ts'
import { openSecrets, unpackArchive } from '../../src/backup/archive.ts'
import { listConfig } from '../../src/config/load.ts'
import type { ConversationSummary, Turn } from '../../src/domain/answer.ts'
import { withRefused } from '../../src/domain/certainty.ts'
import { type Collection, type DocumentSummary, REBUILT_PROBLEMS } from '../../src/domain/document.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import type { Principal } from '../../src/domain/principal.ts'
import type { Source } from '../../src/domain/source.ts'
import { tryEngine } from '../../src/generate/engines/trial.ts'
import { DEFAULT_RESULTS, searchPassages } from '../../src/pipeline/search.ts'
import { withOptions } from '../../src/protocol/retrieval.ts'
import { answerMessage } from '../event-message.ts'
import type { Services } from '../services.ts'
import { accountEndpoints } from './accounts.ts'
import { askedEvents } from './asks.ts'
import { backupStream } from './backup.ts'
import type { Endpoints } from './endpoint.ts'
import { job, resetLoopDelay, status } from './status.ts'
import { bodyStream, ingestUpload } from './uploads.ts'

export const endpoints: Endpoints<Exclude<GuardedRouteName, EventRouteName>> = {
  status: async ({ query }, { services, life, principal }) => {
    if (query.resetDelay === true) {
      await services.ports.store.grants.require(principal, 'admin')
      resetLoopDelay()
    }
    return status(services, life, principal)
  },

  config: async (_input, { services, principal }) => {
    await services.ports.store.grants.require(principal, 'admin')
    return { entries: listConfig(services.loaded) }
  },

  shutdown: async (_input, { services, life, local }) => {
    if (!local)
      throw new ChatbotError(
        'forbidden',
        'Only the user of the machine can stop the daemon, with `chatbot stop`.',
      )
    life.stop('requested by the command line')
    return { pid: process.pid, graceMs: services.loaded.config.server.drainMs }
  },

  listCollections: async (_input, { services, principal }) => {
    const collections = await services.ports.store.collections.list(principal)
    return { collections: collections.map((found) => collection(found, found)) }
  },

  createCollection: async ({ body }, { services, principal }) => {
    const made = await services.ports.store.collections.create(principal, body.name)
    return collection(made, { documents: 0, chunks: 0 })
  },

  configureCollection: async ({ params, body }, { services, principal }) => {
    const { store, generators } = services.ports
    if (typeof body.engine === 'string') generators.alone(body.engine)
    const { name, cache, engine } = await store.collections.configure(principal, params.name, body)
    return { name, cache, engine }
  },

  cacheStats: async (_input, { services: { cache, loaded }, principal }) => {
    const { enabled, ttlMinutes, maxAnswers } = loaded.config.cache
    return { enabled, ttlMinutes, maxAnswers, ...(await cache.stats(principal)), ...cache.counts() }
  },

  clearCache: async (_input, { services, principal }) => ({
    cleared: await services.cache.clear(principal),
  }),

  removeCollection: async ({ params }, { services, principal }) => {
    await services.ports.store.collections.remove(principal, params.name)
    return { name: params.name }
  },

  compareManifest: async ({ params, body }, { services, principal }) => {
    const { store } = services.ports
    await store.collections.ensure(principal, params.name)
    const { spec } = await services.specs.of(params.name)
    const compared = await store.documents.missing(principal, params.name, spec, body.files)
    if (body.source !== undefined) {
      const missing = new Set([...compared.needed, ...compared.staged.map(({ uri }) => uri)])
      const held = body.files.filter(({ uri }) => !missing.has(uri)).map(({ uri }) => uri)
      await store.sources.adopt(principal, body.source, held)
    }
    return compared
  },

  putDocument: async ({ params, query, headers, upload }, { services, principal, signal }) => {
    // Before the body is received.
    await services.ports.store.collections.require(principal, params.name, 'editor')
    const uploaded = await ingestUpload(services, principal, {
      collection: params.name,
      uri: query.uri,
      hash: query.hash,
      job: query.job,
      modifiedAt: query.modifiedAt === undefined ? undefined : new Date(query.modifiedAt),
      source: query.source,
      password: headers[PASSWORD_HEADER],
      bytes: upload,
      signal,
    })
    return uploaded.status === 'staged' ? uploaded : { ...uploaded, document: document(uploaded.document) }
  },

  createJob: async ({ params }, { services, principal }) => {
    const { store } = services.ports
    await store.collections.ensure(principal, params.name)
    const { spec: input } = await services.specs.of(params.name)
    const run = { kind: 'ingest', collection: params.name, input, sealed: false } as const
    return job(await store.jobs.create(principal, run))
  },

  sealJob: async ({ params }, { services, principal }) =>
    job(await services.ports.store.jobs.seal(principal, params.id)),

  listJobs: async ({ query }, { services, principal }) => {
    const jobs = await services.ports.store.jobs.list(principal, query.limit)
    return { jobs: jobs.map(job) }
  },

  getJob: async ({ params }, { services, principal }) =>
    job(await services.ports.store.jobs.get(principal, params.id)),

  listJobDocuments: async ({ params, query }, { services, principal }) => {
    const { after, limit, state } = query
    const states = state === undefined ? undefined : [state]
    const documents = await services.ports.store.jobs.documents(principal, params.id, {
      after,
      limit,
      states,
    })
    return { documents: documents.map((found) => ({ ...found, warnings: [...found.warnings] })) }
  },

  cancelJob: async ({ params }, { services, principal }) =>
    job(await services.ports.store.jobs.cancel(principal, params.id)),

  retryJob: async ({ params }, { services, principal }) => {
    const retried = await services.ports.store.jobs.retry(principal, params.id)
    services.jobs.wake()
    return job(retried)
  },

  listDocuments: async ({ query }, { services, principal }) => {
    const documents = await services.ports.store.documents.list(principal, query)
    return { documents: documents.map(document) }
  },

  getDocument: async ({ params }, { services, principal }) =>
    document(await services.ports.store.documents.get(principal, params.reference)),

  getDocumentText: async ({ params, query }, { services, principal }) => {
    const found = await services.ports.store.documents.text(principal, params.reference)
    const start = Math.min(query.start ?? 0, found.text.length)
    const end = Math.min(query.end ?? found.text.length, found.text.length)
    if (end < start) throw new ChatbotError('bad_request', `The span ${start}:${end} ends before it starts.`)
    const { at } = query
    const place = at === undefined ? undefined : await placeOf(services, principal, found, at)
    return { document: document(found.document), start, end, text: found.text.slice(start, end), ...place }
  },

  removeDocument: async ({ params }, { services, principal }) =>
    document(await services.ports.store.documents.remove(principal, params.reference)),

  listSources: async ({ query }, { services, principal }) => {
    const sources = await services.ports.store.sources.list(principal, query.collection)
    return { sources: sources.map((found) => ({ ...source(found), documents: found.documents })) }
  },

  rememberSource: async ({ params, body }, { services, principal }) => {
    const { store } = services.ports
    await store.collections.ensure(principal, params.name)
    return source(await store.sources.remember(principal, params.name, body))
  },

  listSourceDocuments: async ({ params, query }, { services, principal }) => {
    const { store } = services.ports
    const { collection, documents } = await store.sources.documents(principal, params.id, query)
    const { spec } = await services.specs.of(collection)
    const { needed, staged } = await store.documents.missing(principal, collection, spec, documents)
    const stale = new Set([...needed, ...staged.map(({ uri }) => uri)])
    return { documents: documents.map((found) => ({ ...found, current: !stale.has(found.uri) })) }
  },

  changeSource: async ({ params, body }, { services, principal }) =>
    services.ports.store.sources.change(principal, params.id, body),

  markSynced: async ({ params, body }, { services, principal }) => {
    await services.ports.store.sources.synced(principal, params.id, body.validators)
    return { id: params.id }
  },

  removeSource: async ({ params, query }, { services, principal }) => {
    const gone = await services.ports.store.sources.remove(principal, params.id, query.documents)
    return { source: source(gone.source), removed: gone.removed }
  },

  listConversations: async ({ query }, { services, principal }) => {
    const conversations = await services.ports.store.conversations.list(principal, query.limit)
    return { conversations: conversations.map(conversation) }
  },

  getConversation: async ({ params, query }, { services, principal }) => {
    const found = await services.ports.store.conversations.turns(principal, params.id, query.limit)
    return { conversation: conversation(found.conversation), turns: found.turns.map(turn) }
  },

  removeConversation: async ({ params }, { services, principal }) => {
    await services.ports.store.conversations.remove(principal, params.id)
    return { id: params.id }
  },

  listIndex: async (_input, { services, principal }) => {
    const generations = await services.ports.store.index.list(principal)
    return {
      generations: generations.map(({ spec, createdAt, ...rest }) => ({
        ...rest,
        ...spec,
        createdAt: createdAt.toISOString(),
      })),
    }
  },

  rebuildIndex: async ({ params, body }, { services, principal, local }) => {
    const { ports, specs, jobs, loaded } = services
    if (!local && body.model !== undefined && isAbsolute(body.model)) {
      const configured = loaded.config.embedder.model
      if (body.model !== configured)
        throw new ChatbotError('forbidden', 'A folder of this machine can only be added on this machine.')
    }
    await ports.store.collections.require(principal, params.name, 'admin')
    const live = (await ports.store.index.live([params.name])).get(params.name)
    if (live === undefined) return { job: null }
    const { spec } = await specs.with(body.model ?? live.reference)
    const begun = await ports.store.rebuild.begin(principal, params.name, spec)
    jobs.wake()
    return { job: begun === undefined ? null : job(begun) }
  },

  verifyIndex: async ({ params: { name }, body }, { services, principal }) => {
    const { ports, specs, jobs } = services
    const { problems, ...verified } = await ports.store.index.verify(principal, name, body.fix)
    const shown = problems.map(({ examples, ...rest }) => ({ ...rest, examples: [...examples] }))
    const rebuilt = problems.some(({ kind }) => REBUILT_PROBLEMS.includes(kind))
    const live = (await ports.store.index.live([name])).get(name)
    if (!body.fix || !rebuilt || live === undefined) return { ...verified, problems: shown, job: null }
    const { spec } = await specs.with(live.reference)
    const begun = await ports.store.rebuild.begin(principal, name, spec, { again: true })
    jobs.wake()
    return { ...verified, problems: shown, job: begun === undefined ? null : job(begun) }
  },

  dropGeneration: async ({ params }, { services, principal }) => {
    const collection = await services.ports.store.index.drop(principal, params.generation)
    return { generation: params.generation, collection }
  },

  search: async ({ body }, { services, principal, signal }) => {
    const { ports, loaded, limits } = services
    await limits.search(principal)
    const { passages, searched } = await searchPassages(ports, principal, {
      ...body,
      retrieval: withOptions(loaded.config.retrieval, body.retrieval),
      limit: body.limit ?? DEFAULT_RESULTS,
      signal,
    })
    return { passages: [...passages], searched }
  },

  ask: async ({ body }, context) => answerMessage(await lastAnswer(askedEvents(context, body))),

  cancelAnswer: async ({ params }, { services, principal }) => {
    await services.answers.cancel(principal, params.id)
    return params
  },

  listEngines: async (_input, { services }) => {
    const { generators } = services.ports
    const { engine, fallbacks } = services.loaded.config.answer
    return {
      engines: generators.list().map(({ state, ...listed }) => {
        const other = fallbacks.includes(listed.name) ? ('as a fallback' as const) : ('on request' as const)
        const used = listed.name === engine ? ('first' as const) : other
        return state.state === 'ok'
          ? { ...listed, used, state: state.state }
          : { ...listed, used, state: state.state, because: state.because }
      }),
    }
  },

  testEngine: async ({ params }, { services, principal, signal }) => {
    const { store, generators, embedder } = services.ports
    await store.grants.require(principal, 'admin')
    const { warnings, ...trial } = await tryEngine(generators.alone(params.name), embedder, signal)
    return { ...trial, warnings: [...warnings] }
  },

  backup: async ({ headers }, { services, principal, life, signal }) => {
    // Once the response has started, there is no status for an error.
    await services.ports.store.grants.require(principal, 'admin')
    const passphrase = headers[PASSPHRASE_HEADER]
    return backupStream(services.ports.store, principal, { version: life.version, passphrase, signal })
  },

  restore: async ({ upload, query, headers }, { services, principal }) => {
    const passphrase = headers[PASSPHRASE_HEADER]
    return services.ports.store.backup.restore(principal, unpackArchive(bodyStream(upload)), {
      accounts: query.accounts,
      unseal: passphrase === undefined ? undefined : (sealed) => openSecrets(sealed, passphrase),
    })
  },

  ...accountEndpoints,
}

const collection = (
  { id, name, revision, cache, engine, createdAt }: Collection,
  counts: { documents: number; chunks: number },
) => ({
  id,
  name,
  revision,
  cache,
  engine,
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

/** Also used by the protocol's `turns` message. */
export const conversation = ({ createdAt, updatedAt, ...rest }: ConversationSummary) => ({
  ...rest,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
})

export const turn = ({ askedAt, citations, ...rest }: Turn) => ({
  ...withRefused(rest),
  citations: [...citations],
  askedAt: askedAt.toISOString(),
})
