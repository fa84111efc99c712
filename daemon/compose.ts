/** The composition root: the only place that knows which adapter stands behind a port. */
import { randomUUID } from 'node:crypto'
import { builtinModel } from '../models/builtin.ts'
import { startEmbedder } from '../models/embedder.ts'
import { startReranker } from '../models/reranker.ts'
import { createAnswers } from '../src/answers/answers.ts'
import { answerCache } from '../src/cache/answers.ts'
import { rememberQuestions } from '../src/cache/embeddings.ts'
import { memoryTier } from '../src/cache/memory.ts'
import type { LoadedConfig } from '../src/config/load.ts'
import { runtimePaths } from '../src/config/runtime-paths.ts'
import type { Config } from '../src/config/schema.ts'
import type { Embedder } from '../src/domain/embedding.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import { extractiveGenerator } from '../src/generate/extractive.ts'
import { openaiGenerator } from '../src/generate/openai.ts'
import { SPLITTER_VERSION } from '../src/ingest/splitter.ts'
import type { Generator, Generators, Ports } from '../src/pipeline/ports.ts'
import { openStore } from '../src/store/open.ts'
import type { Store } from '../src/store/store.ts'
import { startDocumentParser } from './document-parser.ts'
import { keepIndexes } from './index-keeper.ts'
import type { Logger } from './log.ts'
import { startPglite } from './pglite.ts'
import type { Services } from './services.ts'
import { clearUploads } from './uploads.ts'

const REMEMBERED_QUESTIONS = 1000
/** The question and the sentences that an extractive answer compares, with room for searches. */
const TEXTS_OF_AN_ASK = 20

export interface ComposeOptions {
  readonly loaded: LoadedConfig
  readonly log: Logger
  /** Says what is awaited now. */
  onProgress(awaiting: string): void
  /** A part that nothing works without has ended by itself. */
  onFatal(error: ChatbotError): void
}

/** Starts everything; on an error what was started is ended again. */
export async function compose({ loaded, log, onProgress, onFatal }: ComposeOptions): Promise<Services> {
  const { config } = loaded
  const undo: (() => Promise<void>)[] = []
  const close = async () => {
    for (const step of undo.splice(0).reverse()) {
      await step().catch((error: unknown) => log.error({ err: error }, 'a part did not close'))
    }
  }
  try {
    await clearUploads(runtimePaths(config.dataDir).uploads)
    onProgress('the database and the embedding model are loaded')
    const [embedder, store] = await bothStarted(
      startEmbedder({
        model: builtinModel(),
        workers: config.embedder.workers,
        maxQuestions: config.server.maxAsks * TEXTS_OF_AN_ASK,
      }).then((started) => {
        undo.push(() => started.close())
        return started
      }),
      openDatabase(config, log, onFatal, undo),
    )

    const owner = randomUUID()
    const alone = config.database.url === undefined
    const interrupted = await store.answers.interruptLapsed(owner, new Date(), alone)
    if (interrupted > 0) log.warn({ answers: interrupted }, 'answers of an earlier daemon were interrupted')
    if (!alone) undo.push(sweepLapsed(store, owner, config.answer.leaseMs, log))

    const parser = startDocumentParser({
      maxTextLength: config.ingest.maxTextLength,
      memoryMegabytes: config.ingest.parserMemoryMegabytes,
      timeoutMs: config.ingest.parserTimeoutMs,
      model: builtinModel(),
    })
    undo.push(() => parser.close())

    const reranker =
      config.reranker.folder === undefined ? undefined : await startReranker(config.reranker.folder)
    if (reranker !== undefined) undo.push(() => reranker.close())

    const ttlMs = config.cache.ttlMinutes * 60_000
    const cache = answerCache({
      exact: memoryTier({ ttlMs, maxBytes: config.cache.maxMegabytes * 1_048_576 }),
      store: store.cachedAnswers,
      ttlMs,
      maxAnswers: config.cache.maxAnswers,
      onRefusal: (details) => log.debug(details, 'a similar question, but not the same'),
    })
    const ports: Ports = {
      store,
      embedder: rememberQuestions(embedder, REMEMBERED_QUESTIONS),
      ...(reranker === undefined ? {} : { reranker }),
      generators: await generators(config, embedder),
      ...(config.cache.enabled ? { cache } : {}),
    }
    const answers = createAnswers({
      ports,
      owner,
      leaseMs: config.answer.leaseMs,
      maxAsks: config.server.maxAsks,
      retrieval: config.retrieval,
      historyTurns: config.answer.historyTurns,
      onError: (error, id) => log.error({ err: error, answer: id }, 'answer failed'),
    })
    const quiet = () => !alone || (answers.inFlight() === 0 && embedder.queued() === 0)
    undo.push(keepIndexes({ store, quiet, log }))
    return {
      loaded,
      ports,
      parser,
      answers,
      spec: {
        model: embedder.model.fingerprint,
        dimensions: embedder.model.dimensions,
        splitter: SPLITTER_VERSION,
      },
      queuedTexts: () => embedder.queued(),
      cache,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Other daemons on the same database may die: their answers are marked when their leases lapse. */
function sweepLapsed(store: Store, owner: string, everyMs: number, log: Logger): () => Promise<void> {
  const sweeping = setInterval(() => {
    store.answers
      .interruptLapsed(owner, new Date(), false)
      .catch((error: unknown) => log.error({ err: error }, 'sweep failed'))
  }, everyMs)
  sweeping.unref()
  return async () => clearInterval(sweeping)
}

/** Waits for both also when one fails, so that what the other started can be ended. */
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
  const { url, poolSize } = config.database
  if (url !== undefined) {
    const store = await openStore({
      connection: { connectionString: url, max: poolSize },
      embedded: false,
      logger: log,
    })
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
    onFatal(ChatbotError.wrap(error, 'internal', 'The embedded database ended by itself: ')),
  )
  const store = await openStore({ connection: pglite.connection, embedded: true, logger: log })
  undo.push(() => store.close())
  return store
}

async function generators(config: Config, embedder: Embedder): Promise<Generators> {
  const byName = new Map<string, Generator>([['extractive', extractiveGenerator({ embedder })]])
  for (const [name, engine] of Object.entries(config.engines)) {
    if (byName.has(name))
      throw new ChatbotError('invalid_config', `engines.${name}: this name is taken by the built-in engine.`)
    byName.set(name, await openaiGenerator(name, engine))
  }
  const get = (name = config.answer.engine): Generator => {
    const found = byName.get(name)
    if (found !== undefined) return found
    throw new ChatbotError(
      'unknown_engine',
      `There is no engine \`${name}\`. Configured: ${[...byName.keys()].join(', ')}.`,
    )
  }
  get()
  return { get, names: () => [...byName.keys()] }
}
