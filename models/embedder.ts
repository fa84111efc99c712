import { ChatbotError } from '../src/domain/errors.ts'
import type { Embedder, EmbedOptions } from '../src/ports/embedder.ts'
import { embeddingModel, type LocalModel } from './description.ts'
import type { EmbedReply, Encoding } from './embed-messages.ts'
import { createEmbedQueue, type EmbedJob, type EmbedTask } from './embed-queue.ts'
import { type EmbedWorker, startEmbedWorker } from './embed-thread.ts'
import { checkMemory, loadError } from './loading.ts'
import { verifyModel } from './verify.ts'

export interface EmbedderOptions {
  readonly model: LocalModel
  /** Threads that each load the model (about 150 MB) and embed one text at a time. */
  readonly workers?: number
  /** Threads per computation. Several workers with one thread embed more than one worker with several. */
  readonly threads?: number
  /** Maximum waiting questions; more are `overloaded`. Ingest waits in its own calls instead. */
  readonly maxQuestions?: number
  /** The setting `models.executionProvider`. */
  readonly provider?: string
  /** The worker's module. */
  readonly workerModule?: URL
}

export interface RunningEmbedder extends Embedder {
  /** Texts that no worker has started. */
  queued: () => number
  /**
   * Ends the workers after the current text; waiting texts are rejected with `draining`. Await it before
   * `process.exit`, which aborts (SIGABRT) while a thread is inside ONNX Runtime.
   */
  close: () => Promise<void>
}

export interface LocalEmbedder extends RunningEmbedder {
  /** Like `embed`, with token vectors. Fails if the model's description names no output with them. */
  encode: (texts: readonly string[], options: EmbedOptions) => Promise<Encoding[]>
}

/** A worker computes one text and has the next at hand, so that it doesn't wait for this thread in between. */
const TEXTS_PER_WORKER = 2
const MAX_CRASHES_IN_A_ROW = 3

/**
 * Verifies the model's files and starts the workers; resolves when all are ready. Throws `model_corrupt`,
 * `model_too_large` and `provider_unavailable`. `embed` throws `overloaded`, `cancelled`, `draining` and `internal`.
 */
export async function startEmbedder(options: EmbedderOptions): Promise<LocalEmbedder> {
  const { model, workers = 2, threads = 1, maxQuestions = 256, provider = 'cpu' } = options
  const { folder, onnx, maxTokens, dimensions, pooling, tokenOutput, prefixes } = model
  await verifyModel(model)
  await checkMemory(model, workers, 'Set embedder.workers lower, or use a smaller variant of the model.')
  const workerData = { folder, onnx, maxTokens, dimensions, pooling, tokenOutput, threads, provider }
  const queue = createEmbedQueue()
  let crashes = 0
  let failed: ChatbotError | undefined

  const start = () =>
    startEmbedWorker(workerData, options.workerModule, settle, (worker, error) => {
      if (failed) return
      crashes++
      for (const task of worker.tasks()) {
        if (task.attempt === 1) queue.retry({ ...task, attempt: 2 })
        else settleJob(task.job, workerDied(error))
      }
      if (crashes > MAX_CRASHES_IN_A_ROW) fail(workerDied(error))
      else pool[pool.indexOf(worker)] = start()
      dispatch()
    })
  const pool: EmbedWorker[] = Array.from({ length: workers }, start)

  function settle(task: EmbedTask, reply: Exclude<EmbedReply, { type: 'ready' }> | undefined): void {
    if (reply?.type === 'embedded') {
      crashes = 0
      task.job.results[task.index] = reply.encoding
      if (--task.job.missing === 0) settleJob(task.job)
    } else if (reply) {
      settleJob(
        task.job,
        new ChatbotError('internal', 'The embedding model failed.', { detail: reply.message }),
      )
    }
    dispatch()
  }

  function dispatch(): void {
    for (;;) {
      // The least busy worker; on ties, the one whose text has been running longest.
      const [worker] = pool.toSorted((a, b) => a.load() - b.load() || a.since() - b.since())
      if (!worker || worker.urgentLoad() >= TEXTS_PER_WORKER) return
      const task = queue.takeUrgent() ?? (worker.load() < TEXTS_PER_WORKER ? queue.take() : undefined)
      if (!task) return
      worker.run(task)
    }
  }

  function fail(error: ChatbotError): void {
    failed = error
    const jobs = new Set([
      ...queue.jobs(),
      ...pool.flatMap((worker) => worker.tasks().map((task) => task.job)),
    ])
    for (const job of jobs) settleJob(job, error)
  }

  async function run(
    texts: readonly string[],
    { as, priority, signal }: EmbedOptions,
    tokens: boolean,
  ): Promise<Encoding[]> {
    if (failed) throw failed
    if (signal?.aborted) throw cancelled(signal)
    if (texts.length === 0) return []
    const urgent = priority === 'question'
    if (urgent && queue.questions() + texts.length > maxQuestions)
      throw new ChatbotError('overloaded', 'Too many questions are waiting. Try again in a moment.', {
        retryAfterMs: 1000,
      })
    const { promise, resolve, reject } = Promise.withResolvers<Encoding[]>()
    const job: EmbedJob = {
      urgent,
      prefix: prefixes[as],
      texts,
      tokens,
      results: [],
      next: 0,
      missing: texts.length,
      settled: false,
      resolve,
      reject,
    }
    const abort = () => settleJob(job, cancelled(signal))
    signal?.addEventListener('abort', abort, { once: true })
    queue.add(job)
    dispatch()
    return promise.finally(() => signal?.removeEventListener('abort', abort))
  }

  try {
    await Promise.all(pool.map((worker) => worker.ready))
  } catch (thrown) {
    failed = loadError(thrown, model, provider)
    await Promise.all(pool.map((worker) => worker.close()))
    throw failed
  }
  return {
    model: embeddingModel(model),
    embed: (texts, how) => run(texts, how, false),
    encode: (texts, how) => run(texts, how, true),
    queued: queue.size,
    async close() {
      fail(new ChatbotError('draining', 'The daemon is stopping. Ask again when it is back.'))
      await Promise.all(pool.map((worker) => worker.close()))
    },
  }
}

function settleJob(job: EmbedJob, error?: ChatbotError): void {
  if (job.settled) return
  job.settled = true
  if (error) job.reject(error)
  else job.resolve(job.results.filter((encoding) => encoding !== undefined))
}

const cancelled = (signal: AbortSignal | undefined): ChatbotError =>
  new ChatbotError('cancelled', 'Cancelled before it was embedded.', { cause: signal?.reason })

const workerDied = (error: Error): ChatbotError =>
  ChatbotError.hide(error, 'internal', 'An embedding worker ended unexpectedly.')
