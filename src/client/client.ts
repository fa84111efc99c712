/** The client interface of programs that talk to the daemon: the TUI and the commands. connect.ts implements it. */
import type {
  Answer,
  AnswerEvent,
  ConversationSummary,
  EarlierTurn,
  Passage,
  SearchFilter,
  Turn,
} from '../domain/answer.ts'
import type { ChatbotError } from '../domain/errors.ts'
import type { Welcome } from '../protocol/messages.ts'
import type { RetrievalOptions } from '../protocol/retrieval.ts'

/** Where the daemon listens: its Unix socket, or TCP with a token. */
export type DaemonAddress =
  | { readonly kind: 'local'; readonly socketPath: string }
  | {
      readonly kind: 'tcp'
      readonly url: string
      readonly token?: string
      /** Send the token even over an unencrypted connection. */
      readonly allowInsecure?: boolean
    }

export interface AskRequest {
  readonly question: string
  /** UUID; generated if absent. */
  readonly id?: string
  readonly conversation?: string
  /** Earlier turns, oldest first, if they are not in a conversation of the daemon. */
  readonly history?: readonly EarlierTurn[]
  readonly collections?: readonly string[]
  readonly filter?: SearchFilter
  readonly engine?: string
  readonly retrieval?: RetrievalOptions
  /** False: the cache is neither read nor written. */
  readonly cache?: boolean
  /** Cancels the answer in the daemon; the iteration then ends with a `cancelled` error event. */
  readonly signal?: AbortSignal
}

/** The daemon's events of an answer, plus the client's; `epoch` and `seq` are checked and removed. */
export type AskEvent =
  | { readonly type: 'accepted'; readonly id: string; readonly conversation: string; readonly epoch: number }
  | Exclude<AnswerEvent, { type: 'snapshot' }>

export type ConnectionState =
  | { readonly state: 'connected'; readonly welcome: Welcome }
  | {
      readonly state: 'reconnecting'
      readonly attempt: number
      readonly inMs: number
      readonly reason: string
    }
  /** Terminal: the client gave up or was closed. */
  | { readonly state: 'closed'; readonly error?: ChatbotError }

export interface SearchResults {
  readonly passages: readonly Passage[]
  /** What was searched instead, because no document has some word as the query spells it. */
  readonly searched?: string | undefined
  readonly ms: number
}

export interface ChatClient {
  /**
   * Asks, and yields events; the last is always `done` or `error`. If the connection is lost, it reconnects, to any daemon,
   * and resumes after the last event.
   */
  ask: (request: AskRequest) => AsyncIterable<AskEvent>
  search: (request: {
    readonly query: string
    readonly collections?: readonly string[]
    readonly filter?: SearchFilter
    readonly limit?: number
    readonly retrieval?: RetrievalOptions
    readonly signal?: AbortSignal
  }) => Promise<SearchResults>
  history: (
    conversation: string,
    limit?: number,
  ) => Promise<{ conversation: ConversationSummary; turns: readonly Turn[] }>
  /** Calls the listener on every change of the connection; returns a function that unsubscribes. */
  onConnection: (listener: (state: ConnectionState) => void) => () => void
  close: () => Promise<void>
  [Symbol.asyncDispose]: () => Promise<void>
}

/** Runs an ask to its end; throws its error. */
export async function answerOf(events: AsyncIterable<AskEvent>): Promise<Answer> {
  for await (const event of events) {
    if (event.type === 'done') return event.answer
    if (event.type === 'error') throw event.error
  }
  throw new Error('the stream of an answer ended without `done` or `error`')
}
