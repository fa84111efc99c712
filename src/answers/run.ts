/** Runs attempts at answers to their end, with or without readers. */
import { type AnswerEvent, type EarlierTurn, grownText, type Turn } from '../domain/answer.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Principal } from '../domain/principal.ts'
import type { Limits } from '../limits/limits.ts'
import { answerQuestion } from '../pipeline/answer.ts'
import type { KeptText } from '../pipeline/ask.ts'
import { oneFlight } from '../pipeline/flight.ts'
import { whenBack } from '../pipeline/when-back.ts'
import type { AnswerLog, AnswerLogs } from '../ports/answer-log.ts'
import type { Ports } from '../ports/ports.ts'
import { type RetrievalSettings, withOptions } from '../protocol/retrieval.ts'
import { readWrittenFilter } from '../retrieval/written-filter.ts'
import { smallTalkOf } from '../talk/small-talk.ts'
import { withSearched } from '../talk/standalone.ts'
import { inSpan } from '../telemetry/spans.ts'
import type { Prepared } from './begin.ts'
import type { AskRequest } from './request.ts'

export interface RunOptions {
  readonly ports: Ports
  readonly logs: AnswerLogs
  readonly limits: Pick<Limits, 'spent'>
  readonly retrieval: RetrievalSettings
  readonly historyTurns: number
  /** Called with every event of every answer that runs here, and the engine's id. */
  onEvent: (event: AnswerEvent, engine: string) => void
  /** Called with errors that the asker does not see in full: unexpected ones, with their cause. */
  onError: (error: unknown, id: string) => void
}

/** An attempt that runs here. */
export interface Run {
  readonly principal: Principal
  readonly id: string
  readonly log: AnswerLog
  readonly abort: AbortController
  readonly ended: Promise<void>
}

export interface Runs {
  /** Runs an attempt whose row is written. */
  start: (attempt: {
    readonly principal: Principal
    readonly request: AskRequest
    readonly epoch: number
    readonly conversation: string
    readonly prepared: Prepared
    readonly abort?: AbortController
    readonly freeSlot?: () => void
  }) => void
  get: (key: string) => Run | undefined
  all: () => readonly Run[]
  size: () => number
}

export const keyOf = (principal: { readonly id: string }, id: string): string => `${principal.id}\n${id}`

/** Abort reasons after which the row is not ended: another daemon takes it, or has taken it. */
export const HANDED_OVER = Symbol('handed over')
export const TAKEN_OVER = Symbol('taken over')

const NOTHING = () => undefined

export function runs(options: RunOptions): Runs {
  const { ports } = options
  const { answers } = ports.store
  const running = new Map<string, Run>()
  const answerOnce = oneFlight(answerQuestion)

  const start: Runs['start'] = (attempt) => {
    const { principal, request, epoch, prepared, abort = new AbortController(), freeSlot = NOTHING } = attempt
    const { generator, question, filter, language, collections, startedAt } = prepared
    const key = keyOf(principal, request.id)
    // This attempt has taken over an older one here whose lease had lapsed (the machine slept).
    running.get(key)?.abort.abort(TAKEN_OVER)
    const log = options.logs.open(key, epoch, () => abort.abort(TAKEN_OVER))
    const emit = (event: AnswerEvent) => {
      log.append(event)
      options.onEvent(event, generator.id)
    }
    let tokens = 0
    const spend = (more: number) => {
      tokens += more
    }
    const answering = async () => {
      const kept = epoch > 1 ? await keptText(key, epoch, generator.continues === true) : undefined
      if (epoch > 1) emit({ type: 'restart', keep: kept?.text.length ?? 0, kept: kept?.text ?? '' })
      return answerOnce(
        {
          id: request.id,
          epoch,
          question,
          language,
          conversation: attempt.conversation,
          history: await earlierTurns(principal, request),
          collections,
          filter,
          retrieval: withOptions(options.retrieval, request.retrieval),
          cache: request.cache ?? true,
          generator,
          kept,
          startedAt,
          timings: {},
        },
        { principal, ports, signal: abort.signal, emit, nextSeq: () => log.nextSeq, spend, freeSlot },
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
      .catch((error: unknown) => fail({ principal, id: request.id, log, abort, emit }, error))
      .catch((error: unknown) => options.onError(error, request.id))
      .finally(() => {
        freeSlot()
        // Its readers find the answer in its row, or follow the next attempt.
        log.close()
        if (running.get(key)?.log === log) running.delete(key)
      })
    running.set(key, { principal, id: request.id, log, abort, ended })
  }

  /** What is known of the text before this attempt, for an engine that can go on with it. */
  async function keptText(key: string, epoch: number, continues: boolean): Promise<KeptText | undefined> {
    if (!continues) return undefined
    let text = ''
    let chunks: readonly string[] = []
    for (const { epoch: of, event } of await options.logs.recall(key)) {
      if (of >= epoch) break
      text = grownText(text, event)
      if (event.type === 'context') chunks = event.passages.map(({ chunk }) => chunk)
    }
    return text === '' ? undefined : { text, chunks }
  }

  async function count(principal: Principal, id: string, tokens: number): Promise<void> {
    if (tokens === 0) return
    await options.limits.spent(principal, tokens).catch((error: unknown) => options.onError(error, id))
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

  /** Ends the row first, then tells the readers: nobody hears of an end that the row does not have. */
  async function fail(
    { principal, id, log, abort, emit }: Omit<Run, 'ended'> & { emit: (event: AnswerEvent) => void },
    thrown: unknown,
  ): Promise<void> {
    const reason: unknown = abort.signal.aborted ? abort.signal.reason : thrown
    if (reason === TAKEN_OVER) return
    if (reason === HANDED_OVER) {
      await answers.release(principal, id, log.epoch)
      return
    }
    if (reason instanceof ChatbotError && reason.code === 'database_unreachable') {
      // The answer is not to blame: it goes on when the database is back.
      options.onError(reason, id)
      await whenBack(() => answers.release(principal, id, log.epoch), abort.signal)
      return
    }
    const error = ChatbotError.hide(
      reason,
      'internal',
      'The answer failed because of an unexpected error. `chatbot logs` has the details.',
    )
    if (error.code === 'internal' || error.detail !== undefined) options.onError(thrown, id)
    const state = error.code === 'cancelled' ? 'cancelled' : endOf(error)
    const isEnded = await whenBack(() =>
      answers.end(
        principal,
        id,
        { epoch: log.epoch, seq: log.nextSeq },
        state,
        { code: error.code, message: error.message },
        state === 'interrupted' ? '' : log.text,
      ),
    )
    if (isEnded) emit({ type: 'error', error })
  }

  return {
    start,
    get: (key) => running.get(key),
    all: () => [...running.values()],
    size: () => running.size,
  }
}

/** An interrupted row stays open: the same ask restarts the answer. */
export const endOf = ({ transient }: ChatbotError) => (transient === 'daemon' ? 'interrupted' : 'failed')

const toldTurn = ({ question, answer }: EarlierTurn): Turn => ({
  id: '',
  question,
  state: 'complete',
  text: answer,
  certainty: 'answered',
  citations: [],
  askedAt: new Date(),
})
