/** Makes a ChatClient: one logical connection that outlives its sockets. */
import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { ConversationSummary, Turn } from '../../domain/answer.ts'
import { ChatbotError } from '../../domain/errors.ts'
import { traceparent } from '../../domain/traceparent.ts'
import type { AskMessage, SearchMessage } from '../../protocol/messages.ts'
import type { collectionsSchema, filterSchema } from '../../protocol/shapes.ts'
import type {
  AskEvent,
  AskRequest,
  ChatClient,
  ConnectionState,
  DaemonAddress,
  SearchResults,
} from '../client.ts'
import { toSummary, toTurn } from '../history.ts'
import { AskExchange } from './ask-exchange.ts'
import { refusalOf } from './checks.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { LookupExchange } from './lookup-exchange.ts'

/**
 * Connects and greets. Throws `daemon_unreachable`, `timeout`, `unauthenticated`, `forbidden`, `overloaded`,
 * `draining` or `version_mismatch`; reconnects by itself if the connection is lost later.
 */
export async function connect(endpoint: DaemonAddress, options: ConnectionOptions): Promise<ChatClient> {
  return new SocketClient(await Connection.open(endpoint, options))
}

class SocketClient implements ChatClient {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  async *ask(request: AskRequest): AsyncGenerator<AskEvent, void, undefined> {
    const { signal } = request
    const message = askMessage(request)
    const exchange = new AskExchange(message)
    const refusal = signal?.aborted
      ? cancelled()
      : refusalOf(request.question, exchange.frame, this.#connection.limits)
    if (refusal !== undefined) {
      yield { type: 'error', error: refusal }
      return
    }
    const abort = () => {
      exchange.fail(cancelled())
      this.#connection.cancel(message.id)
    }
    signal?.addEventListener('abort', abort)
    this.#connection.begin(exchange)
    try {
      yield* exchange.events()
    } finally {
      signal?.removeEventListener('abort', abort)
      // The consumer has stopped reading.
      if (!exchange.ended) this.#connection.cancel(message.id)
    }
  }

  search(request: Parameters<ChatClient['search']>[0]): Promise<SearchResults> {
    const { query, limit, retrieval, signal } = request
    const message: SearchMessage = {
      type: 'search',
      id: randomUUID(),
      query,
      limit,
      retrieval,
      ...scope(request),
    }
    const exchange = new LookupExchange(message, (reply) =>
      reply.type === 'results'
        ? { passages: reply.passages, searched: reply.searched, ms: reply.ms }
        : undefined,
    )
    const refusal = signal?.aborted ? cancelled() : refusalOf(query, exchange.frame, this.#connection.limits)
    if (refusal !== undefined) return Promise.reject(refusal)
    const abort = () => {
      exchange.fail(cancelled())
      this.#connection.cancel(message.id)
    }
    signal?.addEventListener('abort', abort)
    this.#connection.begin(exchange)
    return exchange.reply.finally(() => signal?.removeEventListener('abort', abort))
  }

  history(
    conversation: string,
    limit?: number,
  ): Promise<{ conversation: ConversationSummary; turns: readonly Turn[] }> {
    const exchange = new LookupExchange(
      { type: 'history', id: randomUUID(), conversation, limit },
      (reply) =>
        reply.type === 'turns'
          ? { conversation: toSummary(reply.conversation), turns: reply.turns.map(toTurn) }
          : undefined,
    )
    this.#connection.begin(exchange)
    return exchange.reply
  }

  onConnection(listener: (state: ConnectionState) => void): () => void {
    return this.#connection.onState(listener)
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function askMessage(request: AskRequest): AskMessage {
  const { id = randomUUID(), question, conversation, engine, retrieval, cache } = request
  return {
    type: 'ask',
    id,
    question,
    conversation,
    history: copy(request.history),
    engine,
    retrieval,
    cache,
    traceparent: traceparent(),
    ...scope(request),
  }
}

/** Copies the arrays, because the wire's types are mutable. */
function scope({ collections, filter }: Pick<AskRequest, 'collections' | 'filter'>): {
  collections?: z.input<typeof collectionsSchema>
  filter?: z.input<typeof filterSchema>
} {
  return {
    collections: copy(collections),
    filter: filter && {
      ...filter,
      paths: copy(filter.paths),
      excludePaths: copy(filter.excludePaths),
      within: copy(filter.within),
      notWithin: copy(filter.notWithin),
      types: copy(filter.types),
      sources: copy(filter.sources),
      languages: copy(filter.languages),
    },
  }
}

const copy = <T>(items: readonly T[] | undefined): T[] | undefined => items && [...items]

const cancelled = () => new ChatbotError('cancelled', 'The question was cancelled.')
