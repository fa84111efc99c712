/** A ChatClient that a test drives event by event. */
import type { AskEvent, AskRequest, ChatClient, ConnectionState } from '../../../src/client/client.ts'
import type { Answer, Citation, ConversationSummary, Turn } from '../../../src/domain/answer.ts'
import { ChatbotError } from '../../../src/domain/errors.ts'

export class DrivenClient implements ChatClient {
  readonly asks: DrivenAsk[] = []
  readonly #listeners = new Set<(state: ConnectionState) => void>()
  readonly #asked = new Set<(ask: DrivenAsk) => void>()
  turns: { conversation: ConversationSummary; turns: readonly Turn[] } | undefined

  ask(request: AskRequest): AsyncIterable<AskEvent> {
    const ask = new DrivenAsk(request)
    this.asks.push(ask)
    for (const take of this.#asked) take(ask)
    this.#asked.clear()
    return ask
  }

  /** The next ask that the chat makes. */
  nextAsk(): Promise<DrivenAsk> {
    return new Promise((resolve) => this.#asked.add(resolve))
  }

  search(): Promise<never> {
    return Promise.reject(new Error('the chat does not search'))
  }

  async history() {
    if (this.turns === undefined)
      throw new ChatbotError('unknown_conversation', 'There is no such conversation.')
    return this.turns
  }

  onConnection(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  connection(state: ConnectionState): void {
    for (const listener of this.#listeners) listener(state)
  }

  get listeners(): number {
    return this.#listeners.size
  }

  async close(): Promise<void> {}
  async [Symbol.asyncDispose](): Promise<void> {}
}

export class DrivenAsk implements AsyncIterable<AskEvent> {
  readonly request: AskRequest
  #queue: AskEvent[] = []
  #wake: () => void = () => {}
  #ended = false

  constructor(request: AskRequest) {
    this.request = request
    request.signal?.addEventListener('abort', () => this.emit(CANCELLED))
  }

  emit(...events: AskEvent[]): void {
    this.#queue.push(...events)
    this.#wake()
  }

  /** Ends the stream without a result, as no client should. */
  end(): void {
    this.#ended = true
    this.#wake()
  }

  text(...pieces: string[]): void {
    this.emit(...pieces.map((text) => ({ type: 'delta', text }) as const))
  }

  done(text: string, more: Partial<Answer> = {}): void {
    this.emit({ type: 'done', answer: { ...ANSWER, question: this.request.question, text, ...more } })
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<AskEvent, void, undefined> {
    while (true) {
      const event = this.#queue.shift()
      if (event !== undefined) yield event
      else if (this.#ended) return
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
    }
  }
}

const CANCELLED: AskEvent = {
  type: 'error',
  error: new ChatbotError('cancelled', 'The answer was cancelled.'),
}

const ANSWER: Answer = {
  id: '4be1b8de-4bb2-4f3f-9a44-2a52b2a4f2c4',
  conversation: 'c1',
  question: '',
  text: '',
  certainty: 'answered',
  citations: [],
  cached: false,
  generator: 'extractive',
  language: 'en',
  timings: { total: 120 },
  warnings: [],
}

export const citation = (number: number, more: Partial<Citation> = {}): Citation => ({
  number,
  document: `d${number}`,
  uri: `docs/page-${number}.md`,
  title: `Page ${number}`,
  text: `Quoted sentence ${number}.`,
  start: 0,
  end: 18,
  line: number * 10,
  score: 0.9,
  ...more,
})
