/** The composition root: the only place that knows the adapters behind the ports. */

import { randomUUID } from 'node:crypto'
import { startEmbedders } from '../models/embedders.ts'
import { installedReranker } from '../models/installed.ts'
import type { RemoteEmbedderConfig } from '../models/remote-embedder.ts'
import { type RunningReranker, startReranker } from '../models/reranker.ts'
import { createAnswers } from '../src/answers/answers.ts'
import { answerCache } from '../src/cache/answers.ts'
import { rememberQuestions } from '../src/cache/embeddings.ts'
import type { LoadedConfig } from '../src/config/load.ts'
import { runtimePaths } from '../src/config/runtime-paths.ts'
import type { Config } from '../src/config/schema.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import { LANGUAGES } from '../src/domain/language.ts'
import { engineKey } from '../src/generate/engines/engine-key.ts'
import { configuredEngines } from '../src/generate/engines/kinds.ts'
import { openEngines } from '../src/generate/engines/open.ts'
import { indexSpecs } from '../src/ingest/split/index-spec.ts'
import { startJobRunner } from '../src/jobs/runner.ts'
import { memoryLogs } from '../src/ports/answer-log.ts'
import type { Ports } from '../src/ports/ports.ts'
import { noSignals } from '../src/ports/signals.ts'
import type { Store } from '../src/ports/store/store.ts'
import { redisLogs } from '../src/redis/answer-log.ts'
import { connectRedis, type RedisConnection } from '../src/redis/connection.ts'
import { redisSignals } from '../src/redis/signals.ts'
import { openStore } from '../src/store/open.ts'
import { openAuth } from './auth.ts'
import { clearUploads } from './http/uploads.ts'
import { keepIndexes } from './index-keeper.ts'
import { openLimits } from './limits.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import { postgresConnection } from './migrate.ts'
import { startDocumentParser } from './parser/document-parser.ts'
import { startPglite } from './pglite/pglite.ts'
import type { Services } from './services.ts'
import { cacheTiers } from './tiers.ts'

/** Cache size per ask: the question and the sentences that an extractive answer compares, plus some for searches. */
const EMBEDDED_TEXTS_PER_ASK = 20

export interface ComposeOptions {
  readonly loaded: LoadedConfig
  readonly log: Logger
  readonly metrics: Metrics
  /** Reports what the start is waiting for. */
  onProgress: (awaiting: string) => void
  /** An essential part has stopped by itself. */
  onFatal: (error: ChatbotError) => void
}

/** Starts everything; on an error, stops what was started. */
export async function compose({
  loaded,
  log,
  metrics,
  onProgress,
  onFatal,
}: ComposeOptions): Promise<Services> {
  const { config } = loaded
  const undo: (() => Promise<void>)[] = []
  const close = async () => {
    for (const step of undo.splice(0).reverse()) {
      await step().catch((error: unknown) => log.error({ err: error }, 'a component failed to close'))
    }
  }
  try {
    await clearUploads(runtimePaths(config.dataDir).uploads)
    const redis = openRedis(config, log)
    if (redis !== undefined) undo.push(() => redis.close())
    onProgress('loading the database and the embedding model')
    const embedders = startEmbedders({
      cacheDir: config.models.cacheDir,
      workers: config.embedder.workers,
      provider: config.models.executionProvider,
      maxQuestions: config.server.maxAsks * EMBEDDED_TEXTS_PER_ASK,
      most: config.embedder.maxModels,
      kept: 'builtin',
      remote: await remoteEmbedders(config),
    })
    undo.push(() => embedders.close())
    // Reports an invalid model now instead of at the first ingest.
    await embedders.get(config.embedder.model)
    const [embedder, store] = await bothStarted(
      embedders.load('builtin'),
      openDatabase(config, log, onFatal, undo),
    )

    const owner = randomUUID()
    const alone = config.database.url === undefined
    if (alone) {
      const { interrupted, givenUp } = await store.answers.interruptOthers(owner)
      if (interrupted > 0) log.warn({ answers: interrupted }, 'answers of an earlier daemon were interrupted')
      if (givenUp.length > 0)
        log.error({ answers: givenUp }, 'given up: the daemon crashed or hung twice with these answers')
    }

    const parser = startDocumentParser({
      maxTextLength: config.ingest.maxTextLength,
      memoryMegabytes: config.ingest.parserMemoryMegabytes,
      timeoutMs: config.ingest.parserTimeoutMs,
      folderOf: embedders.folderOf,
      scratchDir: runtimePaths(config.dataDir).uploads,
    })
    undo.push(() => parser.close())

    const reranker = await openReranker(config, log)
    if (reranker !== undefined) undo.push(() => reranker.close())

    const engines = await openEngines(configuredEngines(config), config.answer, embedder)
    undo.push(() => engines.close())

    const tiers = cacheTiers(config, redis)
    const cache = answerCache({
      exact: tiers.answers,
      store: store.cachedAnswers,
      ttlMs: config.cache.ttlMinutes * 60_000,
      maxAnswers: config.cache.maxAnswers,
      onRefusal: ({ similarity, reason, ...words }) =>
        log.debug(
          { similarity, reason, ...(config.log.questions ? words : {}) },
          'a similar question with a different meaning',
        ),
      onError: (error) => log.error({ err: error }, 'could not cache an answer'),
    })
    const ports: Ports = {
      store,
      embedder: rememberQuestions(embedder, tiers.questions),
      embedders: {
        get: async (reference) => rememberQuestions(await embedders.get(reference), tiers.questions),
      },
      reranker,
      generators: engines.generators,
      cache: config.cache.enabled ? cache : undefined,
      passages: config.cache.enabled ? tiers.passages : undefined,
    }
    const limits = openLimits(config, store, redis)
    undo.push(() => limits.close())
    const answers = createAnswers({
      ports,
      logs: redis === undefined ? memoryLogs() : redisLogs(redis),
      signals:
        redis === undefined
          ? noSignals
          : redisSignals(redis, (err) => log.error({ err }, 'could not handle a signal')),
      limits,
      owner,
      shared: !alone,
      leaseMs: config.answer.leaseMs,
      maxAsks: config.server.maxAsks,
      retrieval: config.retrieval,
      historyTurns: config.answer.historyTurns,
      onEvent: (event, engine) => {
        metrics.answerEvent(event, engine)
        if (event.type !== 'done') return
        const { id, certainty, cached, timings } = event.answer
        log.debug(
          { answer: id, engine, outcome: certainty, cached: cached !== false, ms: timings.total },
          'answer',
        )
      },
      onError: (error, id) => log.error({ err: error, answer: id }, 'answer failed'),
    })
    const quiet = () => !alone || (answers.inFlight() === 0 && embedders.queued() === 0)
    undo.push(keepIndexes({ store, quiet, log }))
    const specs = indexSpecs(store, embedders, config.embedder.model)
    const jobs = await startJobRunner({
      store,
      specs,
      recut: parser.recut,
      alone,
      onError: (error, job) => log.error({ err: error, job }, 'job'),
    })
    undo.push(() => jobs.stop())
    return {
      loaded,
      ports,
      parser,
      answers,
      jobs,
      specs,
      queuedTexts: () => embedders.queued(),
      loadedModels: () => embedders.loaded(),
      cache,
      auth: openAuth(config, store, log),
      redis,
      limits,
      figures: metrics.figures,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function openRedis({ redis }: Config, log: Logger): RedisConnection | undefined {
  return redis.url === undefined ? undefined : connectRedis({ ...redis, url: redis.url }, log)
}

/** Waits for both even if one fails, so that the other can be stopped. */
async function bothStarted<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second])
  return Promise.all([first, second])
}

async function openDatabase(
  config: Config,
  log: Logger,
  onFatal: (error: ChatbotError) => void,
  undo: (() => Promise<void>)[],
): Promise<Store> {
  const server = postgresConnection(config)
  if (server !== undefined) {
    const store = await openStore({ connection: server, embedded: false, logger: log })
    undo.push(() => store.close())
    return store
  }
  const paths = runtimePaths(config.dataDir)
  const pglite = await startPglite({
    dataDir: paths.database,
    socketPath: paths.databaseSocket,
    onOutput: (line) => log.debug({ line }, 'pglite'),
  })
  undo.push(() => pglite.close())
  pglite.onExit((error) =>
    onFatal(ChatbotError.wrap(error, 'internal', 'The embedded database stopped unexpectedly.')),
  )
  const store = await openStore({ connection: pglite.connection, embedded: true, logger: log })
  undo.push(() => store.close())
  return store
}

/** The daemon works without it: every answer that should be reranked then says why it was not. */
async function openReranker(
  { reranker: { model }, models }: Config,
  log: Logger,
): Promise<RunningReranker | undefined> {
  if (model === undefined) return undefined
  try {
    return await startReranker(await installedReranker(model, models.cacheDir), models.executionProvider)
  } catch (error) {
    log.error({ err: error, model }, 'could not start the reranker')
    return {
      name: model,
      languages: [...LANGUAGES],
      rerank: () => Promise.reject(error),
      close: async () => {},
    }
  }
}

async function remoteEmbedders(config: Config): Promise<Map<string, RemoteEmbedderConfig>> {
  const byName = new Map<string, RemoteEmbedderConfig>()
  for (const [name, embedder] of Object.entries(config.embedders))
    byName.set(name, { ...embedder, apiKey: await engineKey(`embedders.${name}`, embedder) })
  return byName
}
