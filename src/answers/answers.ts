/** Answers as the daemon's doors use them: asks, readers that come back, cancels, and the end of the daemon. */
import { type AnswerEvent, type Position, START } from '../domain/answer.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Principal } from '../domain/principal.ts'
import { checkQuestion } from '../domain/question.ts'
import type { Limits } from '../limits/limits.ts'
import { type AnswerLogs, bytesOf, type LoggedEvent } from '../ports/answer-log.ts'
import type { Ports } from '../ports/ports.ts'
import type { Signals } from '../ports/signals.ts'
import type { Abandoned, TakenAnswer } from '../ports/store/answers.ts'
import type { RetrievalSettings } from '../protocol/retrieval.ts'
import { beginning } from './begin.ts'
import { cancelled, keepLeases } from './leases.ts'
import { readAnswer } from './read.ts'
import { type AskRequest, readStoredAsk } from './request.ts'
import { endOf, HANDED_OVER, keyOf, runs } from './run.ts'
import { fairSlots } from './slots.ts'

export interface Accepted {
  readonly conversation: string
  readonly epoch: number
  /** From the reader's position on; ends with `done` or `error`. */
  events: (signal?: AbortSignal) => AsyncIterable<LoggedEvent>
  /** Memory held until the events have been read. */
  heldBytes: () => number
}

export interface AnswersOptions {
  readonly ports: Ports
  readonly logs: AnswerLogs
  readonly signals: Signals
  readonly limits: Pick<Limits, 'ask' | 'spent'>
  /** Id of this daemon instance. */
  readonly owner: string
  /** Whether other daemons work on the same database and can take over unfinished answers. */
  readonly shared: boolean
  readonly leaseMs: number
  readonly maxAsks: number
  readonly retrieval: RetrievalSettings
  readonly historyTurns: number
  /** Called with every event of every answer that runs here, and the engine's id. */
  onEvent: (event: AnswerEvent, engine: string) => void
  /** Called with errors that the asker does not see in full: unexpected ones, with their cause. */
  onError: (error: unknown, id: string) => void
}

export interface Answers {
  /** Writes the durable row, then starts the answer or joins the one with this id. */
  ask: (principal: Principal, request: AskRequest) => Promise<Accepted>
  /** The events of an answer after this position, wherever it runs or ran. Throws `unknown_answer`. */
  resume: (principal: Principal, id: string, after: Position) => Promise<Accepted>
  /** Cancels the answer on any daemon. Idempotent: unknown and ended answers are ignored. */
  cancel: (principal: Principal, id: string) => Promise<void>
  inFlight: () => number
  /**
   * Accepts no more asks, and waits until none is running or the grace period is over. Then hands the rest over to
   * another daemon, or ends them as interrupted if there is none.
   */
  drain: (graceMs: number) => Promise<void>
}

interface Entering {
  readonly abort: AbortController
  readonly entered: Promise<Accepted>
}

/** Concurrent asks of one asker; those waiting for an engine do not count. */
const MAX_SLOTS = 4

const NEVER_ABORTED = new AbortController().signal
const NO_SLOT = () => undefined

export function createAnswers(options: AnswersOptions): Answers {
  const { ports, owner, leaseMs, shared, onError } = options
  const { answers } = ports.store
  // Asks that have no row yet: they count against maxAsks, and a repeated ask waits for the first.
  const entering = new Map<string, Entering>()
  const slots = fairSlots(MAX_SLOTS)
  const lease = { owner, forMs: leaseMs }
  let draining = false

  const running = runs(options)
  const { begin, prepareAgain } = beginning({ ports, lease, mayTakeOver: () => leases.mayTakeOver() })
  const inFlight = () => running.size() + entering.size
  const leases = keepLeases({
    answers,
    lease,
    shared,
    running: running.all,
    room: () => (draining ? 0 : options.maxAsks - inFlight()),
    goOn,
    onError,
  })
  options.signals.on('cancel', (key) => running.get(key)?.abort.abort(cancelled()))

  /** Runs the next attempt at an answer that was taken over for nobody in particular. */
  async function goOn({ principal: asker, id, conversation, epoch, request: stored }: TakenAnswer) {
    try {
      const { principal, request } = readStoredAsk(stored)
      const prepared = await prepareAgain(principal, request)
      running.start({ principal, request, conversation, epoch, prepared })
    } catch (thrown) {
      const error = ChatbotError.wrap(thrown)
      onError(thrown, id)
      await answers.end({ kind: 'local', id: asker }, id, { epoch, seq: 1 }, endOf(error), error, '')
    }
  }

  async function ask(principal: Principal, request: AskRequest): Promise<Accepted> {
    checkQuestion(request.question)
    if (request.conversation !== undefined && request.history !== undefined) {
      throw new ChatbotError(
        'bad_request',
        'Send either `conversation` or `history`: the daemon knows the turns of a conversation.',
      )
    }
    if (draining) throw shuttingDown()
    const key = keyOf(principal, request.id)
    const before = entering.get(key)
    const repeated = before !== undefined || running.get(key) !== undefined
    const abort = new AbortController()
    const enterNow = async () => {
      if (repeated) return enter(principal, request, abort)
      const { mostInFlight } = await options.limits.ask(principal)
      await checkCapacity(principal, request.id)
      const freeSlot = principal.kind === 'local' ? NO_SLOT : await slots.take(principal.id)
      try {
        return await enter(principal, request, abort, { mostInFlight, freeSlot })
      } catch (error) {
        freeSlot()
        throw error
      }
    }
    const entered = before === undefined ? enterNow() : before.entered.catch(() => undefined).then(enterNow)
    entering.set(key, { abort, entered })
    try {
      return await entered
    } finally {
      if (entering.get(key)?.abort === abort) entering.delete(key)
    }
  }

  /** A full daemon starts nothing new, but still returns existing answers. */
  async function checkCapacity(principal: Principal, id: string): Promise<void> {
    if (inFlight() < options.maxAsks) return
    const known = await answers.look(principal, id)
    if (known?.state === 'complete' || (known?.state === 'running' && !known.lapsed)) return
    throw new ChatbotError(
      'overloaded',
      `The daemon is already working on ${options.maxAsks} answers. Try again in a moment.`,
      { retryAfterMs: 1000 },
    )
  }

  async function enter(
    principal: Principal,
    request: AskRequest,
    abort: AbortController,
    { mostInFlight, freeSlot = NO_SLOT }: { mostInFlight?: number | undefined; freeSlot?: () => void } = {},
  ): Promise<Accepted> {
    const { begun, prepared } = await begin(principal, request, mostInFlight)
    const { conversation, epoch } = begun
    if (begun.kind === 'started')
      running.start({ principal, request, conversation, epoch, prepared, abort, freeSlot })
    else freeSlot()
    const finished = begun.kind === 'finished' ? begun.answer : undefined
    return accepted(principal, request.id, { conversation, epoch }, START, () =>
      finished === undefined ? 0 : bytesOf({ type: 'done', answer: finished }),
    )
  }

  async function resume(principal: Principal, id: string, after: Position): Promise<Accepted> {
    if (draining) throw shuttingDown()
    const found = await answers.find(principal, id)
    if (found === undefined)
      throw new ChatbotError('unknown_answer', `There is no answer with the id "${id}".`)
    if (after.epoch > found.epoch) {
      throw new ChatbotError(
        'bad_message',
        `This answer is in epoch ${found.epoch}, not yet in ${after.epoch}: resume it after an event that came under its id.`,
      )
    }
    return accepted(principal, id, found, after)
  }

  function accepted(
    principal: Principal,
    id: string,
    { conversation, epoch }: { readonly conversation: string; readonly epoch: number },
    after: Position,
    heldBytes = () => 0,
  ): Accepted {
    const key = keyOf(principal, id)
    const log = options.logs.local(key)
    return {
      conversation,
      epoch,
      events: (signal = NEVER_ABORTED) =>
        readAnswer({
          answer: key,
          after,
          logs: options.logs,
          signal,
          look: () => answers.look(principal, id),
          find: () => answers.find(principal, id),
          takeOver: (abandoned) => takeOver(principal, abandoned),
          mayTakeOver: leases.mayTakeOver,
        }),
      heldBytes: () => (log?.hasEnded === true ? log.bytes : heldBytes()),
    }
  }

  /** Starts the next attempt for a reader. */
  async function takeOver(principal: Principal, { request: stored }: Abandoned): Promise<boolean> {
    if (draining) throw shuttingDown()
    if (stored === null) throw stopped()
    if (inFlight() >= options.maxAsks) return false
    const { request } = readStoredAsk(stored)
    const { begun, prepared } = await begin(principal, request)
    if (begun.kind !== 'started') return false
    const { conversation, epoch } = begun
    running.start({ principal, request, conversation, epoch, prepared })
    return true
  }

  return {
    ask,
    resume,
    async cancel(principal, id) {
      const key = keyOf(principal, id)
      const here = running.get(key) ?? entering.get(key)
      here?.abort.abort(cancelled())
      // Also if it runs here: another daemon may have taken it over.
      if (shared && (await answers.requestCancel(principal, id))) options.signals.send('cancel', key)
    },
    inFlight,
    async drain(graceMs) {
      draining = true
      const deadline = Date.now() + graceMs
      await idle(deadline)
      for (const { abort } of [...running.all(), ...entering.values()])
        abort.abort(shared ? HANDED_OVER : stopped())
      await idle(Math.max(deadline, Date.now()) + 1000)
      leases.stop()
    },
  }

  /** Resolves when no ask is running or entering, or at the deadline. */
  async function idle(deadline: number): Promise<void> {
    while (inFlight() > 0 && Date.now() < deadline) {
      const all = [
        ...running.all().map(({ ended }) => ended),
        ...[...entering.values()].map(({ entered }) => entered),
      ]
      await within(deadline - Date.now(), Promise.allSettled(all))
    }
  }
}

const shuttingDown = () =>
  new ChatbotError('draining', 'The daemon is shutting down. Ask again in a moment.', { retryAfterMs: 2000 })

const stopped = () =>
  new ChatbotError(
    'interrupted',
    'The daemon was stopped before the answer was complete. Ask again under the same id to get it.',
    { retryAfterMs: 2000 },
  )

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, timeout])
  clearTimeout(timer)
}
