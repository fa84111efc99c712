/** What a program that talks to the daemon sees. connect.ts makes a client; the TUI and the commands use it. */
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

/** Where the daemon listens: its own Unix socket, or TCP with a token. */
export type DaemonAddress =
  | { readonly kind: 'local'; readonly socketPath: string }
  | {
      readonly kind: 'tcp'
      readonly url: string
      readonly token?: string
      /** Send the token also where others on the way can read it. */
      readonly allowInsecure?: boolean
    }

export interface AskRequest {
  readonly question: string
  /** UUID; the client makes one unless given. */
  readonly id?: string
  readonly conversation?: string
  /** Earlier turns, oldest first, where they are not in a conversation of the daemon. */
  readonly history?: readonly EarlierTurn[]
  readonly collections?: readonly string[]
  readonly filter?: SearchFilter
  readonly engine?: string
  readonly retrieval?: RetrievalOptions
  /** False: neither taken from the cache nor put there. */
  readonly cache?: boolean
  /** Cancels the answer in the daemon; the iteration then ends with a `cancelled` error event. */
  readonly signal?: AbortSignal
}

/** The daemon's events of an answer, and what the client itself knows. `epoch` and `seq` are checked and gone. */
export type AskEvent =
  | { readonly type: 'accepted'; readonly id: string; readonly conversation: string; readonly epoch: number }
  | AnswerEvent

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

export interface ChatClient {
  /**
   * Asks and yields the events until `done` or `error`, which is always the last one. When the connection is
   * lost on the way it connects again and repeats the ask under the same id: the daemon answers with the
   * stream from its start or with the finished answer, and the client turns what repeats into `restart`.
   */
  ask: (request: AskRequest) => AsyncIterable<AskEvent>
  search: (request: {
    readonly query: string
    readonly collections?: readonly string[]
    readonly filter?: SearchFilter
    readonly limit?: number
    readonly retrieval?: RetrievalOptions
    readonly signal?: AbortSignal
  }) => Promise<{ passages: readonly Passage[]; ms: number }>
  history: (
    conversation: string,
    limit?: number,
  ) => Promise<{ conversation: ConversationSummary; turns: readonly Turn[] }>
  /** Calls the listener with every change of the connection; returns how to stop that. */
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
