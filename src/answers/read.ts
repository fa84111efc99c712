/** Reads an answer from any position on, wherever it runs or ran. */
import { setTimeout as sleep } from 'node:timers/promises'
import { grownText, type Position, START } from '../domain/answer.ts'
import { ChatbotError } from '../domain/errors.ts'
import { isAway, MAX_AWAY_MS } from '../pipeline/when-back.ts'
import { type AnswerLog, type AnswerLogs, isEnd, type LoggedEvent } from '../ports/answer-log.ts'
import type { Abandoned, AnswerSight, Standing } from '../ports/store/answers.ts'

export interface ReadOptions {
  /** Key of the answer's log. */
  readonly answer: string
  /** What the reader has; default: nothing. */
  readonly after?: Position
  readonly logs: AnswerLogs
  readonly signal: AbortSignal
  /** The answer's state in the database. */
  look: () => Promise<AnswerSight | undefined>
  find: () => Promise<Standing | Abandoned | undefined>
  /**
   * Starts the next attempt here, or finds that another daemon has. False: this daemon starts none at the moment. Throws
   * if it never will.
   */
  takeOver: (abandoned: Abandoned) => Promise<boolean>
  mayTakeOver: () => boolean
}

const WATCH_MS = 1000
/** An ended answer's last events reach the log a moment after its row. */
const LAST_EVENTS_MS = 300

/**
 * The events after the reader's position, each with the number that it got where it was written, to the end. Events that
 * are nowhere any more are replaced by a `snapshot`. The row decides how an answer ended; the log only brings its events
 * earlier.
 */
export async function* readAnswer(options: ReadOptions): AsyncGenerator<LoggedEvent> {
  const { answer, logs, signal } = options
  let at = options.after ?? START
  /** What the reader has of the text; undefined if that is not known. */
  let text = at.epoch === 0 ? '' : undefined
  let awaySince: number | undefined

  /** As the reader gets it: a `restart` needs the text that it keeps. */
  function told(logged: LoggedEvent): LoggedEvent {
    const { event } = logged
    at = logged
    if (event.type === 'restart' && event.kept !== undefined) {
      const isKnown = event.kept === '' || text?.startsWith(event.kept) === true
      text = event.kept
      return isKnown ? logged : { ...logged, event: { type: 'snapshot', text } }
    }
    if (event.type === 'snapshot') text = event.text
    else if (text !== undefined) text = grownText(text, event)
    return logged
  }

  while (!signal.aborted) {
    const local = logs.local(answer)
    const isHere = local !== undefined && hasMore(local, at)
    // What runs here is ended in its row first; what ended here may have gone on elsewhere.
    const isLive = isHere && !local.hasEnded
    for await (const logged of isHere ? eventsHere(options, local, at) : sharedEvents(options, at)) {
      if (isEnd(logged.event) && !isLive && !(await isConfirmed(logged, options))) {
        at = logged
        continue
      }
      yield told(logged)
      if (isEnd(logged.event)) return
    }
    if (signal.aborted) return
    try {
      const sight = await options.look()
      awaySince = undefined
      if (sight?.state === 'running' && !(sight.lapsed && options.mayTakeOver())) {
        await pause(WATCH_MS / 4, signal)
        continue
      }
      const found = await options.find()
      if (found === undefined) throw gone()
      if (found.kind === 'finished' || found.kind === 'ended') {
        yield* endOf(found, at)
        return
      }
      const isTaken = found.kind === 'abandoned' && (await options.takeOver(found))
      if (!isTaken) await pause(WATCH_MS / 4, signal)
    } catch (error) {
      awaySince ??= performance.now()
      if (!isAway(error) || performance.now() - awaySince > MAX_AWAY_MS) throw error
      await pause(WATCH_MS, signal)
    }
  }
}

/** The events of the attempt here, after those of earlier attempts that other daemons have logged. */
async function* eventsHere(
  { logs, answer, signal }: ReadOptions,
  local: AnswerLog,
  at: Position,
): AsyncGenerator<LoggedEvent> {
  const { epoch } = local
  const known = epoch > 1 && at.epoch < epoch ? await logs.recall(answer) : []
  yield* known.filter(
    (logged) =>
      logged.epoch < epoch &&
      !isEnd(logged.event) &&
      (logged.epoch > at.epoch || (logged.epoch === at.epoch && logged.seq > at.seq)),
  )
  yield* local.readAfter(at, signal)
}

/** The events that any daemon has logged, until the answer has ended or its daemon seems gone. */
async function* sharedEvents(options: ReadOptions, at: Position): AsyncGenerator<LoggedEvent> {
  const { logs, answer, signal } = options
  const over = new AbortController()
  const leaving = new AbortController()
  const watched = watch(options, AbortSignal.any([signal, leaving.signal])).finally(() => over.abort())
  try {
    yield* logs.follow(answer, at, AbortSignal.any([signal, over.signal]))
  } finally {
    leaving.abort()
    await watched
  }
}

const hasMore = ({ epoch, hasEnded, nextSeq }: AnswerLog, at: Position): boolean =>
  epoch > at.epoch || (epoch === at.epoch && !(hasEnded && at.seq >= nextSeq - 1))

/** The end of an answer as its row has it, for a reader at this position. */
function* endOf(
  standing: Extract<Standing, { kind: 'finished' | 'ended' }>,
  at: Position,
): Generator<LoggedEvent> {
  const { epoch } = standing
  const before = at.epoch === epoch ? at.seq : 0
  const seq = standing.seq > 0 ? standing.seq : before + 1
  const text = standing.kind === 'finished' ? standing.answer.text : standing.text
  const isNext = at.epoch === epoch && before >= seq - 1 && standing.seq > 0
  if (!isNext && (text !== '' || at.epoch > 0))
    yield { epoch, seq: seq - 1, event: { type: 'snapshot', text } }
  yield {
    epoch,
    seq,
    event:
      standing.kind === 'finished'
        ? { type: 'done', answer: standing.answer }
        : { type: 'error', error: new ChatbotError(standing.errorCode, standing.errorMessage) },
  }
}

/** Whether the row knows of this end. Another daemon may have written it without knowing that it was taken over. */
async function isConfirmed({ epoch, event }: LoggedEvent, { look }: ReadOptions): Promise<boolean> {
  const sight = await look().catch(() => undefined)
  if (sight === undefined || sight.epoch !== epoch || sight.state === 'running') return false
  return (sight.state === 'complete') === (event.type === 'done')
}

/** Resolves when the answer has ended, or its daemon seems gone. */
async function watch({ look, mayTakeOver }: ReadOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // While the database is unavailable, the log may still deliver.
    const sight = await look().catch(() => ({ state: 'running', lapsed: false }) as const)
    if (sight?.state !== 'running' || (sight.lapsed && mayTakeOver())) return pause(LAST_EVENTS_MS, signal)
    await pause(WATCH_MS, signal)
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined)

const gone = () =>
  new ChatbotError('unknown_answer', 'The answer is gone: its conversation was deleted. Ask again.')
