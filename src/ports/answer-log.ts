import { LRUCache } from 'lru-cache'
import { type AnswerEvent, grownText, type Position, START } from '../domain/answer.ts'

/** An event of an answer and its position in the stream. */
export interface LoggedEvent extends Position {
  readonly event: AnswerEvent
}

/** Live streams of answers, each written by the daemon that runs it and followed from any daemon. */
export interface AnswerLogs {
  /** Starts the log of an attempt that runs here. `onFenced`: a later attempt has begun, so this one must end. */
  open: (answer: string, epoch: number, onFenced: () => void) => AnswerLog
  /**
   * What any daemon has written after this position, across attempts and without gaps, then live. Ends with what is
   * written when the signal aborts, or early where events are missing: the log may forget at any time. An end that it
   * holds counts only if the answer's row confirms it: a daemon that was taken over may not know that yet.
   */
  follow: (answer: string, after: Position, signal: AbortSignal) => AsyncIterable<LoggedEvent>
  /** The log of the latest attempt that runs here, or ended here a while ago. */
  local: (answer: string) => AnswerLog | undefined
  /** The events that are known now, from the start if the log has not forgotten it. */
  recall: (answer: string) => Promise<readonly LoggedEvent[]>
}

/** Approximate memory of an event besides its text. */
const EVENT_BYTES = 200

/** Approximate memory of an event. */
export function bytesOf(event: AnswerEvent): number {
  switch (event.type) {
    case 'delta':
    case 'snapshot':
      return EVENT_BYTES + event.text.length
    case 'restart':
      return EVENT_BYTES + (event.kept?.length ?? 0)
    case 'context':
      return EVENT_BYTES + sum(event.passages.map(({ text }) => EVENT_BYTES + text.length))
    case 'done':
      return (
        2 * EVENT_BYTES +
        event.answer.text.length +
        sum(event.answer.citations.map(({ text }) => 2 * EVENT_BYTES + text.length))
      )
    default:
      return EVENT_BYTES
  }
}

/** How long an ended answer can be resumed event by event; later, its text comes as a snapshot. */
export const KEPT_MS = 10 * 60_000
/** Memory of ended answers that is kept for that. */
const KEPT_BYTES = 16 * 1_048_576

export interface LocalLogs {
  /** Keeps the log of an attempt while it runs here, and for a while after its end. */
  add: (answer: string, log: AnswerLog) => AnswerLog
  get: (answer: string) => AnswerLog | undefined
}

/** The logs of the answers that run here. */
export function localLogs(keptBytes = KEPT_BYTES): LocalLogs {
  const running = new Map<string, AnswerLog>()
  const ended = new LRUCache<string, AnswerLog>({
    maxSize: keptBytes,
    ttl: KEPT_MS,
    sizeCalculation: (log) => log.bytes,
  })
  return {
    add(answer, log) {
      running.set(answer, log)
      log.ended.then(() => {
        if (running.get(answer) !== log) return
        running.delete(answer)
        if (log.isComplete) ended.set(answer, log)
      })
      return log
    },
    get: (answer) => running.get(answer) ?? ended.get(answer),
  }
}

/** Logs of a single daemon, or of one that shares none with the others. */
export function memoryLogs(): AnswerLogs {
  const logs = localLogs()
  return {
    open: (answer, epoch) => logs.add(answer, new AnswerLog(epoch)),
    async *follow() {},
    local: logs.get,
    recall: async (answer) => logs.get(answer)?.events ?? [],
  }
}

export const isEnd = ({ type }: AnswerEvent): boolean => type === 'done' || type === 'error'

/**
 * The live stream of one attempt. It keeps everything from the start for late subscribers, and numbers its events:
 * nobody else does. It is bounded by the longest answer of an engine.
 */
export class AnswerLog {
  readonly epoch: number
  /** Resolves when no more events will come. */
  readonly ended: Promise<void>
  readonly #end: () => void
  readonly #onAppend: () => void
  readonly #events: LoggedEvent[] = []
  #hasEnded = false
  #bytes = 0
  #text = ''
  #wake: PromiseWithResolvers<void> = Promise.withResolvers()

  constructor(epoch: number, onAppend: () => void = () => undefined) {
    this.epoch = epoch
    this.#onAppend = onAppend
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    this.#end = resolve
  }

  /** Appends an event. `done` and `error` end the log; later events are dropped. */
  append(event: AnswerEvent): void {
    if (this.#hasEnded) return
    const logged = event.type === 'restart' ? { kept: this.#text.slice(0, event.keep), ...event } : event
    this.#text = grownText(this.#text, logged)
    this.#events.push({ epoch: this.epoch, seq: this.nextSeq, event: logged })
    this.#bytes += bytesOf(logged)
    if (isEnd(event)) this.close()
    else this.#wakeReaders()
    this.#onAppend()
  }

  /** Ends the log although the answer continues elsewhere. */
  close(): void {
    this.#hasEnded = true
    this.#end()
    this.#wakeReaders()
  }

  /** Number of the event that is appended next. */
  get nextSeq(): number {
    return this.#events.length + 1
  }

  get events(): readonly LoggedEvent[] {
    return this.#events
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Its last event is the answer's end. */
  get isComplete(): boolean {
    const last = this.#events.at(-1)
    return last !== undefined && isEnd(last.event)
  }

  /** Approximate memory of its events. */
  get bytes(): number {
    return this.#bytes + EVENT_BYTES
  }

  /** The text so far. */
  get text(): string {
    return this.#text
  }

  /** The events after this position, then live ones until the end or until the reader stops. */
  async *readAfter(after: Position = START, signal?: AbortSignal): AsyncGenerator<LoggedEvent> {
    if (after.epoch > this.epoch) return
    const from = after.epoch === this.epoch ? after.seq : 0
    const isStopped = () => signal?.aborted === true
    const stop = () => this.#wakeReaders()
    signal?.addEventListener('abort', stop)
    try {
      for (let next = from; !isStopped(); next += 1) {
        while (next >= this.#events.length) {
          if (this.#hasEnded || isStopped()) return
          await this.#wake.promise
        }
        const event = this.#events[next]
        if (event !== undefined) yield event
      }
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  #wakeReaders(): void {
    const { resolve } = this.#wake
    this.#wake = Promise.withResolvers()
    resolve()
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
