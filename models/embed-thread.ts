import { Worker } from 'node:worker_threads'
import type { EmbedCommand, EmbedReply, EmbedWorkerData } from './embed-messages.ts'
import type { EmbedTask } from './embed-queue.ts'
import './no-telemetry.ts'

/** The embedder's side of one worker thread. */
export interface EmbedWorker {
  readonly ready: Promise<void>
  run: (task: EmbedTask) => void
  /** Tasks given to it and not answered yet. */
  tasks: () => EmbedTask[]
  load: () => number
  urgentLoad: () => number
  /** When it received its oldest task, in milliseconds; 0 if it has none. */
  since: () => number
  close: () => Promise<void>
}

const WORKER = new URL(`./embed-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

/**
 * `answered` is called once per text, without a reply if its job was already settled; `died` if the thread exits
 * unexpectedly, whether or not it was ready.
 */
export function startEmbedWorker(
  workerData: EmbedWorkerData,
  module: URL = WORKER,
  answered: (task: EmbedTask, reply: Exclude<EmbedReply, { type: 'ready' }> | undefined) => void,
  died: (worker: EmbedWorker, error: Error) => void,
): EmbedWorker {
  const thread = new Worker(module, { workerData, name: 'embed' })
  const exited = new Promise<void>((done) => {
    thread.once('exit', () => done())
  })
  const send = (command: EmbedCommand) => thread.postMessage(command)
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
  const inFlight = new Map<number, { task: EmbedTask; at: number }>()
  let id = 0
  let closing = false
  let loaded = false
  let crash = new Error('it exited')

  thread.on('message', (reply: EmbedReply) => {
    if (reply.type === 'ready') {
      loaded = true
      return resolve()
    }
    const task = inFlight.get(reply.id)?.task
    inFlight.delete(reply.id)
    if (task) answered(task, task.job.settled ? undefined : reply)
  })
  thread.on('error', (error) => {
    crash = error instanceof Error ? error : new Error(String(error))
  })
  thread.on('exit', () => {
    if (closing) return
    if (!loaded) reject(crash)
    died(worker, crash)
  })
  // Only the first workers are awaited; a replacement for a crashed worker reports through `died`.
  ready.catch(() => {})

  const worker: EmbedWorker = {
    ready,
    run(task) {
      inFlight.set(++id, { task, at: performance.now() })
      const { prefix, texts, tokens, urgent } = task.job
      send({ type: 'embed', id, prefix, text: texts[task.index] ?? '', tokens, urgent })
    },
    tasks: () => [...inFlight.values()].map(({ task }) => task),
    load: () => inFlight.size,
    urgentLoad: () => [...inFlight.values()].filter(({ task }) => task.job.urgent).length,
    since: () => inFlight.values().next().value?.at ?? 0,
    async close() {
      closing = true
      // Not terminate(): it aborts the whole process when the thread is inside ONNX Runtime.
      send({ type: 'close' })
      await exited
    },
  }
  return worker
}
