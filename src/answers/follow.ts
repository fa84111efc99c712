/** Follows an answer that runs on another daemon. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, grownText } from '../domain/answer.ts'
import { ChatbotError, type ErrorCode } from '../domain/errors.ts'
import { type AnswerLogs, isEnd, type LoggedEvent } from '../ports/answer-log.ts'
import type { AnswerSight } from '../ports/store/answers.ts'

/** Outcome of asking again under the same id. */
export type FollowOutcome =
  | { readonly kind: 'running'; readonly epoch: number }
  /** Includes a later attempt that runs here: its events begin with `restart`. */
  | { readonly kind: 'elsewhere'; events: (signal: AbortSignal) => AsyncIterable<LoggedEvent> }
  | { readonly kind: 'finished'; readonly epoch: number; readonly answer: Answer }
  | {
      readonly kind: 'ended'
      readonly epoch: number
      readonly errorCode: ErrorCode
      readonly errorMessage: string
    }

export interface FollowAnswerOptions {
  readonly answer: string
  readonly epoch: number
  readonly logs: AnswerLogs
  readonly signal: AbortSignal
  /** The answer's state in the database. */
  look: () => Promise<AnswerSight | undefined>
  askAgain: () => Promise<FollowOutcome>
}

const WATCH_MS = 1000

/**
 * Streams the log's events as far as it has them, and takes the end from the database, the source of truth: the text
 * is complete even if the log lost some. If the answer's daemon is gone, asks again, which starts the next attempt.
 */
export async function* follow(options: FollowAnswerOptions): AsyncGenerator<LoggedEvent> {
  const { answer, logs, signal } = options
  let { epoch } = options
  let seq = 0
  let text = ''
  while (!signal.aborted) {
    const over = new AbortController()
    const until = AbortSignal.any([signal, over.signal])
    const leaving = new AbortController()
    const watched = watch(options, epoch, AbortSignal.any([signal, leaving.signal])).finally(() =>
      over.abort(),
    )
    try {
      for await (const logged of logs.follow(answer, epoch, seq + 1, until)) {
        seq = logged.seq
        text = grownText(text, logged.event)
        yield logged
        if (isEnd(logged.event)) return
      }
      await watched
    } finally {
      leaving.abort()
    }
    if (signal.aborted) return
    const outcome = await options.askAgain()
    if (outcome.kind === 'elsewhere') {
      yield* outcome.events(signal)
      return
    }
    if (outcome.epoch !== epoch) {
      epoch = outcome.epoch
      seq = 0
      if (outcome.kind !== 'running') {
        text = ''
        yield { epoch, seq: ++seq, event: { type: 'restart', keep: 0 } }
      }
    }
    if (outcome.kind === 'ended') {
      const error = new ChatbotError(outcome.errorCode, outcome.errorMessage)
      yield { epoch, seq: ++seq, event: { type: 'error', error } }
      return
    }
    if (outcome.kind === 'finished') {
      const whole = outcome.answer.text
      if (!whole.startsWith(text)) {
        text = ''
        yield { epoch, seq: ++seq, event: { type: 'restart', keep: 0 } }
      }
      const rest = whole.slice(text.length)
      if (rest !== '') yield { epoch, seq: ++seq, event: { type: 'delta', text: rest } }
      yield { epoch, seq: ++seq, event: { type: 'done', answer: outcome.answer } }
      return
    }
  }
}

/** Resolves when the attempt is no longer running, or its daemon seems gone. */
async function watch({ look }: FollowAnswerOptions, epoch: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(WATCH_MS, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    // While the database is unavailable, the log may still deliver.
    const sight = await look().catch(() => ({ state: 'running', epoch, lapsed: false }) as const)
    if (sight?.state !== 'running' || sight.epoch !== epoch || sight.lapsed) return
  }
}
