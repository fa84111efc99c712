/** Runs asks to their end, with or without listeners: accepts, leases, streams, cancels and drains them. */
import { LRUCache } from 'lru-cache'
import type { Answer, AnswerEvent, EarlierTurn, SearchFilter, Turn } from '../domain/answer.ts'
import type { SearchedCollection } from '../domain/document.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Language } from '../domain/language.ts'
import type { Principal } from '../domain/principal.ts'
import { checkQuestion } from '../domain/question.ts'
import type { Limits } from '../limits/limits.ts'
import { answerQuestion } from '../pipeline/answer.ts'
import { oneFlight } from '../pipeline/flight.ts'
import { type AnswerLog, type AnswerLogs, bytesOf, type LoggedEvent } from '../ports/answer-log.ts'
import type { Generator } from '../ports/generator.ts'
import type { Ports } from '../ports/ports.ts'
import type { Signals } from '../ports/signals.ts'
import type { Begun, LeasedAnswer, NewAsk, TakenAnswer } from '../ports/store/answers.ts'
import { type RetrievalSettings, withOptions } from '../protocol/retrieval.ts'
import { readWrittenFilter } from '../retrieval/written-filter.ts'
import { smallTalkOf } from '../talk/small-talk.ts'
import { withSearched } from '../talk/standalone.ts'
import { inSpan } from '../telemetry/spans.ts'
import { detectLanguage } from '../text/language.ts'
import { chooseEngine } from './engine.ts'
import { type FollowOutcome, follow } from './follow.ts'
import { type AskRequest, bodyHash, readStoredAsk, storedAsk } from './request.ts'
import { fairSlots } from './slots.ts'

export interface Accepted {
  readonly conversation: string
  readonly epoch: number
  /** From the answer's start; ends with `done` or `error`. */
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
  /** Writes the durable row, then starts the answer or joins the running one with this id. */
  ask: (principal: Principal, request: AskRequest) => Promise<Accepted>
  /** Cancels the answer on any daemon. Idempotent: unknown and ended answers are ignored. */
  cancel: (principal: Principal, id: string) => Promise<void>
  inFlight: () => number
  /**
   * Accepts no more asks, and waits until none is running or the grace period is over. Then hands the rest over to
   * another daemon, or ends them as interrupted if there is none.
   */
  drain: (graceMs: number) => Promise<void>
}

interface Run {
  readonly principal: Principal
  readonly id: string
  readonly log: AnswerLog
  readonly abort: AbortController
  readonly ended: Promise<void>
}

interface Entering {
  readonly abort: AbortController
  readonly entered: Promise<Accepted>
}

/** What an attempt needs besides the request. */
interface Prepared {
  readonly generator: Generator
  readonly language: Language
  readonly collections: readonly SearchedCollection[]
  /** `performance.now()` when the ask arrived. */
  readonly startedAt: number
  /** Without the filters that were written into it, which `filter` has. */
  readonly question: string
  readonly filter: SearchFilter | undefined
}

/** Concurrent asks of one asker; those waiting for an engine do not count. */
const MAX_SLOTS = 4

/** Remembered collections of all askers together. */
const MAX_REMEMBERED = 50_000

/** Answers taken over at a time, to leave some for the other daemons. */
const MAX_TAKEN = 8

const NEVER_ABORTED = new AbortController().signal
const NO_SLOT = () => undefined

/** Abort reason when another daemon takes over. */
const HANDED_OVER = Symbol('handed over')

export function createAnswers(options: AnswersOptions): Answers {
  const { ports, owner, leaseMs } = options
  const runs = new Map<string, Run>()
  // Asks that have no row yet: they count against maxAsks, and a repeated ask waits for the first.
  const entering = new Map<string, Entering>()
  const answerOnce = oneFlight(answerQuestion)
  const slots = fairSlots(MAX_SLOTS)
  /** What an asker could read under these names at their last ask. */
  const remembered = new LRUCache<string, readonly SearchedCollection[]>({
    maxSize: MAX_REMEMBERED,
    sizeCalculation: (collections) => collections.length + 1,
  })
  let draining = false

  const lease = { owner, forMs: leaseMs }
  const keyOf = (principal: { readonly id: string }, id: string) => `${principal.id}\n${id}`

  let isKeeping = false
  const renewal = setInterval(() => {
    if (isKeeping) return
    isKeeping = true
    keepLeases()
      .catch((error: unknown) => options.onError(error, 'lease'))
      .finally(() => {
        isKeeping = false
      })
  }, leaseMs / 3)
  renewal.unref()
  options.signals.on('cancel', (key) => runs.get(key)?.abort.abort(cancelled()))

  /** Renews leases, ends attempts that lost theirs, and takes over answers of lost daemons. */
  async function keepLeases(): Promise<void> {
    const before = new Map(runs)
    if (before.size > 0) {
      const held = new Map(
        (await ports.store.answers.renew(lease)).map((answer) => [
          keyOf({ id: answer.principal }, answer.id),
          answer,
        ]),
      )
      for (const [key, run] of before) await checkHeld(run, held.get(key))
    }
    const room = options.maxAsks - runs.size - entering.size
    if (!options.shared || draining || room <= 0) return
    const { taken, givenUp } = await ports.store.answers.takeLapsed(lease, Math.min(room, MAX_TAKEN))
    for (const id of givenUp)
      options.onError(new Error('given up: daemons crashed or hung twice with this answer'), id)
    for (const answer of taken) await goOn(answer)
  }

  async function checkHeld(
    { log, abort, principal, id }: Run,
    held: LeasedAnswer | undefined,
  ): Promise<void> {
    if (held?.epoch === log.epoch) {
      if (held.cancelling) abort.abort(cancelled())
      return
    }
    const sight = await ports.store.answers.look(principal, id)
    // A complete answer ends by itself in a moment.
    if (sight?.state !== 'complete') abort.abort(takenOver())
  }

  async function goOn({
    principal: owner,
    id,
    conversation,
    epoch,
    request: stored,
  }: TakenAnswer): Promise<void> {
    try {
      const { principal, request } = readStoredAsk(stored)
      const startedAt = performance.now()
      const collections = await ports.store.collections.readable(principal, request.collections)
      const prepared = prepare(request, collections, startedAt)
      start(principal, request, { conversation, epoch }, prepared, new AbortController())
    } catch (thrown) {
      const error = ChatbotError.wrap(thrown)
      options.onError(thrown, id)
      await ports.store.answers.end({ kind: 'local', id: owner }, id, epoch, endOf(error), error, '')
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
    if (draining)
      throw new ChatbotError('draining', 'The daemon is shutting down. Ask again in a moment.', {
        retryAfterMs: 2000,
      })
    const key = keyOf(principal, request.id)
    const before = entering.get(key)
    const repeated = before !== undefined || runs.has(key)
    const abort = new AbortController()
    const enterNow = async () => {
      if (repeated) return enter(principal, request, key, abort)
      const { mostInFlight } = await options.limits.ask(principal)
      await checkCapacity(principal, request.id)
      const freeSlot = principal.kind === 'local' ? NO_SLOT : await slots.take(principal.id)
      try {
        return await enter(principal, request, key, abort, { mostInFlight, freeSlot })
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
    if (runs.size + entering.size < options.maxAsks) return
    const known = await ports.store.answers.look(principal, id)
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
    key: string,
    abort: AbortController,
    { mostInFlight, freeSlot = NO_SLOT }: { mostInFlight?: number | undefined; freeSlot?: () => void } = {},
  ): Promise<Accepted> {
    const { begun, prepared } = await begin(principal, request, mostInFlight)
    if (begun.kind === 'started') return start(principal, request, begun, prepared, abort, freeSlot)
    freeSlot()
    const run = runs.get(key)
    if (run !== undefined && begun.kind === 'running') return accepted(run.log, begun.conversation)
    return joined(begun, (signal) => followed(principal, request, begun.epoch, signal))
  }

  /** Reuses the collections of the asker's last ask if they still match: one database round trip instead of two. */
  async function begin(
    principal: Principal,
    request: AskRequest,
    mostInFlight?: number,
  ): Promise<{ readonly begun: Begun; readonly prepared: Prepared }> {
    const startedAt = performance.now()
    const names = request.collections
    const place = JSON.stringify([principal.id, names])
    const guess = remembered.get(place)
    if (guess !== undefined) {
      const prepared = prepare(request, guess, startedAt)
      const ask = newAsk(principal, request, prepared, mostInFlight)
      const begun = await ports.store.answers.beginRemembered(principal, ask, { names })
      if (begun !== undefined) return { begun, prepared }
      remembered.delete(place)
    }
    const collections = await ports.store.collections.readable(principal, names)
    const prepared = prepare(request, collections, startedAt)
    const ask = newAsk(principal, request, prepared, mostInFlight)
    const begun = await ports.store.answers.begin(principal, ask)
    // Not if the request chose the engine: the collections' own engine may not be configured.
    if (request.engine === undefined) remembered.set(place, collections)
    return { begun, prepared }
  }

  function prepare(
    request: AskRequest,
    collections: readonly SearchedCollection[],
    startedAt: number,
  ): Prepared {
    const { question, filter } = readWrittenFilter(request.question, request.filter)
    const language = detectLanguage(question)
    const generator = chooseEngine(ports.generators, request.engine, collections)
    return { startedAt, generator, question, filter, language, collections }
  }

  function newAsk(
    principal: Principal,
    request: AskRequest,
    { collections, language, generator }: Prepared,
    mostInFlight: number | undefined,
  ): NewAsk {
    return {
      id: request.id,
      bodyHash: bodyHash(request),
      question: request.question,
      conversation: request.conversation,
      collections,
      language,
      generator: generator.id,
      lease,
      request: storedAsk(principal, request),
      mostInFlight,
    }
  }

  /** Runs an attempt whose row is written. */
  function start(
    principal: Principal,
    request: AskRequest,
    { conversation, epoch }: { readonly conversation: string; readonly epoch: number },
    { generator, question, filter, language, collections, startedAt }: Prepared,
    abort: AbortController,
    freeSlot: () => void = NO_SLOT,
  ): Accepted {
    const key = keyOf(principal, request.id)
    const log = options.logs.open(key, epoch)
    const emit = (event: AnswerEvent) => {
      log.append(event)
      options.onEvent(event, generator.id)
    }
    // This attempt has taken over an older one here whose lease had lapsed (the machine slept).
    runs.get(key)?.abort.abort(takenOver())
    // The previous attempt may have shown text that this one will not repeat.
    if (epoch > 1) emit({ type: 'restart', keep: 0 })
    let tokens = 0
    const spend = (more: number) => {
      tokens += more
    }
    const answering = async () => {
      const history = await earlierTurns(principal, request)
      return answerOnce(
        {
          id: request.id,
          epoch,
          question,
          language,
          conversation,
          history,
          collections,
          filter,
          retrieval: withOptions(options.retrieval, request.retrieval),
          cache: request.cache ?? true,
          generator,
          startedAt,
          timings: {},
        },
        { principal, ports, signal: abort.signal, emit, spend, freeSlot },
      )
    }
    const work = async () => {
      // Tokens are counted before the end is reported, however it ended, so that the next ask's limits include them.
      const answer = await answering().finally(() => count(principal, request.id, tokens))
      emit({ type: 'done', answer })
    }
    const span = {
      parent: request.traceparent,
      attributes: { 'chatbot.answer.id': request.id, 'chatbot.engine': generator.id },
    }
    const ended = inSpan('answer', span, work)
      .catch((error: unknown) => fail(principal, request.id, log, emit, abort, error))
      .finally(() => {
        freeSlot()
        if (runs.get(key)?.log === log) runs.delete(key)
      })
    runs.set(key, { principal, id: request.id, log, abort, ended })
    return accepted(log, conversation)
  }

  async function count(principal: Principal, id: string, tokens: number): Promise<void> {
    if (tokens === 0) return
    await options.limits.spent(principal, tokens).catch((error: unknown) => options.onError(error, id))
  }

  /** The events of an answer that runs on another daemon. */
  function followed(
    principal: Principal,
    request: AskRequest,
    epoch: number,
    signal: AbortSignal = NEVER_ABORTED,
  ): AsyncIterable<LoggedEvent> {
    return follow({
      answer: keyOf(principal, request.id),
      epoch,
      logs: options.logs,
      signal,
      look: () => ports.store.answers.look(principal, request.id),
      askAgain: () => askAgain(principal, request),
    })
  }

  async function askAgain(principal: Principal, request: AskRequest): Promise<FollowOutcome> {
    if (draining) throw stopped()
    const run = runs.get(keyOf(principal, request.id))
    if (run !== undefined) return { kind: 'elsewhere', events: (signal) => run.log.read(signal) }
    const { begun, prepared } = await begin(principal, request)
    if (begun.kind !== 'started') return begun
    const { events } = start(principal, request, begun, prepared, new AbortController())
    return { kind: 'elsewhere', events }
  }

  async function earlierTurns(principal: Principal, request: AskRequest): Promise<Turn[]> {
    const { id, conversation, history = [] } = request
    if (options.historyTurns === 0) return []
    if (conversation === undefined) {
      const asked = history.filter(({ question }) => smallTalkOf(question, false) === undefined)
      return withSearched(asked.slice(-options.historyTurns).map(toldTurn))
    }
    const { turns } = await ports.store.conversations.turns(principal, conversation, options.historyTurns + 1)
    return turns
      .filter((turn) => turn.id !== id && turn.state === 'complete' && turn.certainty !== 'talk')
      .slice(-options.historyTurns)
      .map((turn) => ({ ...turn, question: readWrittenFilter(turn.question).question }))
  }

  /** Records the failure in the row first, then tells the listeners. */
  async function fail(
    principal: Principal,
    id: string,
    log: AnswerLog,
    emit: (event: AnswerEvent) => void,
    abort: AbortController,
    thrown: unknown,
  ) {
    const reason: unknown = abort.signal.aborted ? abort.signal.reason : draining ? stopped() : thrown
    if (reason === HANDED_OVER) {
      await ports.store.answers
        .release(principal, id, log.epoch)
        .catch((failure: unknown) => options.onError(failure, id))
      log.close()
      return
    }
    const error = ChatbotError.hide(
      reason,
      'internal',
      'The answer failed because of an unexpected error. `chatbot logs` has the details.',
    )
    if (error.code === 'internal' || error.detail !== undefined) options.onError(thrown, id)
    const state = error.code === 'cancelled' ? 'cancelled' : endOf(error)
    await ports.store.answers
      .end(
        principal,
        id,
        log.epoch,
        state,
        { code: error.code, message: error.message },
        state === 'interrupted' ? '' : log.text,
      )
      .catch((failure: unknown) => options.onError(failure, id))
    emit({ type: 'error', error })
  }

  return {
    ask,
    async cancel(principal, id) {
      const key = keyOf(principal, id)
      const here = runs.get(key) ?? entering.get(key)
      here?.abort.abort(cancelled())
      if (here !== undefined || !options.shared) return
      if (await ports.store.answers.requestCancel(principal, id)) options.signals.send('cancel', key)
    },
    inFlight: () => runs.size + entering.size,
    async drain(graceMs) {
      draining = true
      const deadline = Date.now() + graceMs
      await idle(deadline)
      for (const { abort } of [...runs.values(), ...entering.values()])
        abort.abort(options.shared ? HANDED_OVER : stopped())
      await idle(Math.max(deadline, Date.now()) + 1000)
      clearInterval(renewal)
    },
  }

  /** Resolves when no ask is running or entering, or at the deadline. */
  async function idle(deadline: number): Promise<void> {
    while (runs.size + entering.size > 0 && Date.now() < deadline) {
      const all = [
        ...[...runs.values()].map(({ ended }) => ended),
        ...[...entering.values()].map(({ entered }) => entered),
      ]
      await within(deadline - Date.now(), Promise.allSettled(all))
    }
  }
}

/** An interrupted row stays open: the same ask restarts the answer. */
const endOf = ({ transient }: ChatbotError) => (transient === 'daemon' ? 'interrupted' : 'failed')

const toldTurn = ({ question, answer }: EarlierTurn): Turn => ({
  id: '',
  question,
  state: 'complete',
  text: answer,
  certainty: 'answered',
  citations: [],
  askedAt: new Date(),
})

const stopped = () =>
  new ChatbotError(
    'interrupted',
    'The daemon was stopped before the answer was complete. Ask again under the same id to get it.',
    { retryAfterMs: 2000 },
  )

const takenOver = () =>
  new ChatbotError(
    'interrupted',
    'Another attempt has taken this answer over. Ask again under the same id to get it.',
  )

const cancelled = () => new ChatbotError('cancelled', 'The answer was cancelled.')

const accepted = (log: AnswerLog, conversation: string): Accepted => ({
  conversation,
  epoch: log.epoch,
  events: (signal) => log.read(signal),
  heldBytes: () => log.heldBytes(),
})

/** An existing answer that does not run here. */
function joined(
  begun: Exclude<Begun, { kind: 'started' }>,
  follow: (signal?: AbortSignal) => AsyncIterable<LoggedEvent>,
): Accepted {
  const { conversation, epoch } = begun
  switch (begun.kind) {
    case 'finished':
      return {
        conversation,
        epoch,
        events: () => replay(epoch, begun.answer),
        heldBytes: () => bytesOf([{ type: 'done', answer: begun.answer }]),
      }
    case 'ended':
      return {
        conversation,
        epoch,
        events: () => single(epoch, new ChatbotError(begun.errorCode, begun.errorMessage)),
        heldBytes: () => 0,
      }
    case 'running':
      return { conversation, epoch, events: follow, heldBytes: () => 0 }
  }
}

async function* replay(epoch: number, answer: Answer): AsyncGenerator<LoggedEvent> {
  if (answer.text !== '') yield { epoch, seq: 1, event: { type: 'delta', text: answer.text } }
  yield { epoch, seq: answer.text === '' ? 1 : 2, event: { type: 'done', answer } }
}

async function* single(epoch: number, error: ChatbotError): AsyncGenerator<LoggedEvent> {
  yield { epoch, seq: 1, event: { type: 'error', error } }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, timeout])
  clearTimeout(timer)
}
