/** Runs asks to their end, whoever listens: accepts, leases, streams, cancels and drains them. */
import { createHash } from 'node:crypto'
import {
  type Answer,
  canonicalFilter,
  type EarlierTurn,
  type SearchFilter,
  type Turn,
} from '../domain/answer.ts'
import { ChatbotError, type ErrorCode } from '../domain/errors.ts'
import { detectLanguage } from '../domain/language.ts'
import type { Principal } from '../domain/principal.ts'
import { checkQuestion } from '../domain/question.ts'
import { oneFlight } from '../pipeline/flight.ts'
import { answerPipeline } from '../pipeline/pipeline.ts'
import type { Ports } from '../pipeline/ports.ts'
import { type RetrievalOptions, type RetrievalSettings, withOptions } from '../retrieval/settings.ts'
import type { Begun } from '../store/store.ts'
import { AnswerLog, type LoggedEvent } from './log.ts'

export interface AskRequest {
  /** UUID chosen by the asker. */
  readonly id: string
  readonly question: string
  readonly conversation?: string | undefined
  /** Earlier turns, oldest first, where there is no `conversation`. */
  readonly history?: readonly EarlierTurn[] | undefined
  readonly collections?: readonly string[] | undefined
  readonly filter?: SearchFilter | undefined
  readonly engine?: string | undefined
  readonly retrieval?: RetrievalOptions | undefined
  /** False: the answer is neither taken from the cache nor put there. */
  readonly cache?: boolean | undefined
}

export interface Accepted {
  readonly conversation: string
  readonly epoch: number
  /** From the answer's start; ends with `done` or `error`. */
  events(signal?: AbortSignal): AsyncIterable<LoggedEvent>
}

export interface AnswersOptions {
  readonly ports: Ports
  /** This daemon instance. */
  readonly owner: string
  readonly leaseMs: number
  readonly maxAsks: number
  readonly retrieval: RetrievalSettings
  readonly historyTurns: number
  /** Called with what no asker will see in full: unexpected errors with their cause. */
  onError(error: unknown, id: string): void
}

export interface Answers {
  /** Writes the durable row, then starts the answer or joins the one under this id. */
  ask(principal: Principal, request: AskRequest): Promise<Accepted>
  /** Idempotent: unknown and ended answers are left as they are. */
  cancel(principal: Principal, id: string): void
  inFlight(): number
  /** Takes no new asks; resolves when none runs or the time is over, and then ends what is left as interrupted. */
  drain(graceMs: number): Promise<void>
}

interface Run {
  readonly log: AnswerLog
  readonly abort: AbortController
  readonly ended: Promise<void>
}

interface Entering {
  readonly abort: AbortController
  readonly entered: Promise<Accepted>
}

/** Errors of the moment: the row stays open, and the same ask again starts the answer anew. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'interrupted',
  'overloaded',
  'draining',
  'database_unreachable',
])

export function createAnswers(options: AnswersOptions): Answers {
  const { ports, owner, leaseMs } = options
  const runs = new Map<string, Run>()
  // Asks on their way to a row: counted against maxAsks, and waited for by a repetition of the same ask.
  const entering = new Map<string, Entering>()
  const answerOnce = oneFlight(answerPipeline)
  let draining = false

  const renewal = setInterval(() => {
    if (runs.size === 0) return
    ports.store.answers.renew(owner, leaseEnd()).catch((error: unknown) => options.onError(error, 'lease'))
  }, leaseMs / 3)
  renewal.unref()

  const leaseEnd = () => new Date(Date.now() + leaseMs)
  const keyOf = (principal: Principal, id: string) => `${principal.id}\n${id}`

  async function ask(principal: Principal, request: AskRequest): Promise<Accepted> {
    checkQuestion(request.question)
    if (request.conversation !== undefined && request.history !== undefined) {
      throw new ChatbotError(
        'bad_request',
        'Send either `conversation` or `history`: the turns of a conversation are known here.',
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
      if (!repeated) await checkCapacity(principal, request.id)
      return enter(principal, request, key, abort)
    }
    const entered = before === undefined ? enterNow() : before.entered.catch(() => undefined).then(enterNow)
    entering.set(key, { abort, entered })
    try {
      return await entered
    } finally {
      if (entering.get(key)?.abort === abort) entering.delete(key)
    }
  }

  /** A full daemon starts nothing new, but still gives out what it has. */
  async function checkCapacity(principal: Principal, id: string): Promise<void> {
    if (runs.size + entering.size < options.maxAsks) return
    const known = await ports.store.answers.get(principal, id).catch((error: unknown) => {
      if (error instanceof ChatbotError && error.code === 'unknown_answer') return undefined
      throw error
    })
    if (known?.state === 'complete') return
    throw new ChatbotError(
      'overloaded',
      `The daemon already works on ${options.maxAsks} answers. Try again in a moment.`,
      { retryAfterMs: 1000 },
    )
  }

  async function enter(
    principal: Principal,
    request: AskRequest,
    key: string,
    abort: AbortController,
  ): Promise<Accepted> {
    const startedAt = performance.now()
    const generator = ports.generators.get(request.engine)
    const language = detectLanguage(request.question)
    const collections = await ports.store.collections.readable(principal, request.collections)
    const begun = await ports.store.answers.begin(principal, {
      id: request.id,
      bodyHash: bodyHash(request),
      question: request.question,
      ...(request.conversation === undefined ? {} : { conversation: request.conversation }),
      collections,
      language,
      generator: generator.id,
      lease: { owner, until: leaseEnd() },
    })
    if (begun.kind !== 'started') return joined(begun, runs.get(key))

    const log = new AnswerLog(begun.epoch)
    // Its lease had lapsed (the machine slept): this attempt has taken it over.
    runs.get(key)?.abort.abort(takenOver())
    // The attempt before may have shown text that this one will not repeat.
    if (begun.epoch > 1) log.append({ type: 'restart', keep: 0 })
    const work = async () => {
      const history = await earlierTurns(principal, request)
      await answerOnce(
        {
          id: request.id,
          epoch: begun.epoch,
          question: request.question,
          language,
          conversation: begun.conversation,
          history,
          collections,
          ...(request.filter === undefined ? {} : { filter: request.filter }),
          retrieval: withOptions(options.retrieval, request.retrieval),
          cache: request.cache ?? true,
          generator,
          startedAt,
          timings: {},
        },
        { principal, ports, signal: abort.signal, emit: (event) => log.append(event) },
      ).then((answer) => log.append({ type: 'done', answer }))
    }
    const ended = work()
      .catch((error: unknown) => fail(principal, request.id, log, abort, error))
      .finally(() => {
        if (runs.get(key)?.log === log) runs.delete(key)
      })
    runs.set(key, { log, abort, ended })
    return { conversation: begun.conversation, epoch: begun.epoch, events: (signal) => log.read(signal) }
  }

  async function earlierTurns(principal: Principal, request: AskRequest): Promise<Turn[]> {
    const { id, conversation, history = [] } = request
    if (options.historyTurns === 0) return []
    if (conversation === undefined) return history.slice(-options.historyTurns).map(toldTurn)
    const { turns } = await ports.store.conversations.turns(principal, conversation, options.historyTurns + 1)
    return turns.filter((turn) => turn.id !== id && turn.state === 'complete').slice(-options.historyTurns)
  }

  /** Records how an answer ended and tells who listens; the row says so first. */
  async function fail(
    principal: Principal,
    id: string,
    log: AnswerLog,
    abort: AbortController,
    thrown: unknown,
  ) {
    const reason: unknown = abort.signal.aborted ? abort.signal.reason : draining ? stopped() : thrown
    const error =
      reason instanceof ChatbotError
        ? reason
        : new ChatbotError(
            'internal',
            'The answer failed for a reason that the daemon did not expect. `chatbot logs` has the details.',
            { cause: thrown },
          )
    if (error.code === 'internal') options.onError(thrown, id)
    const state =
      error.code === 'cancelled' ? 'cancelled' : PASSING.has(error.code) ? 'interrupted' : 'failed'
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
    log.append({ type: 'error', error })
  }

  return {
    ask,
    cancel(principal, id) {
      const key = keyOf(principal, id)
      const cancelled = new ChatbotError('cancelled', 'The answer was cancelled.')
      runs.get(key)?.abort.abort(cancelled)
      entering.get(key)?.abort.abort(cancelled)
    },
    inFlight: () => runs.size + entering.size,
    async drain(graceMs) {
      draining = true
      const deadline = Date.now() + graceMs
      await idle(deadline)
      for (const { abort } of [...runs.values(), ...entering.values()]) abort.abort(stopped())
      await idle(Math.max(deadline, Date.now()) + 1000)
      clearInterval(renewal)
    },
  }

  /** Resolves when nothing runs or enters any more, or at the deadline. */
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

const toldTurn = ({ question, answer }: EarlierTurn): Turn => ({
  id: '',
  question,
  state: 'complete',
  text: answer,
  refused: false,
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

/** The answer under an id that was asked before. */
function joined(begun: Exclude<Begun, { kind: 'started' }>, run: Run | undefined): Accepted {
  const { conversation, epoch } = begun
  switch (begun.kind) {
    case 'finished':
      return { conversation, epoch, events: () => replay(epoch, begun.answer) }
    case 'ended':
      return {
        conversation,
        epoch,
        events: () => single(epoch, new ChatbotError(begun.errorCode, begun.errorMessage)),
      }
    case 'running':
      if (run !== undefined) return { conversation, epoch, events: (signal) => run.log.read(signal) }
      throw new ChatbotError(
        'overloaded',
        'This answer is being worked on by another daemon. Ask for it again in a moment.',
        { retryAfterMs: 1000 },
      )
  }
}

async function* replay(epoch: number, answer: Answer): AsyncGenerator<LoggedEvent> {
  if (answer.text !== '') yield { epoch, seq: 1, event: { type: 'delta', text: answer.text } }
  yield { epoch, seq: answer.text === '' ? 1 : 2, event: { type: 'done', answer } }
}

async function* single(epoch: number, error: ChatbotError): AsyncGenerator<LoggedEvent> {
  yield { epoch, seq: 1, event: { type: 'error', error } }
}

function bodyHash(request: AskRequest): string {
  const { question, conversation, history, collections, filter, engine, retrieval, cache } = request
  const body = [
    question,
    conversation ?? null,
    collections ?? null,
    canonicalFilter(filter),
    engine ?? null,
    Object.entries(retrieval ?? {}).sort(),
    cache ?? null,
    history?.map((turn) => [turn.question, turn.answer]) ?? null,
  ]
  return createHash('sha256').update(JSON.stringify(body)).digest('hex')
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, timeout])
  clearTimeout(timer)
}
