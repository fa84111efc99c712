/** A WebSocket that shows every message as it came, and asks. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type ClientOptions, WebSocket } from 'ws'
import { type ServerMessage, serverMessageSchema } from '../../src/protocol/messages.ts'
import type { TestDaemon } from './daemon.ts'

/** Of an ask, beside its question; the id is a new one unless it is told. */
export type AskFields = Readonly<Record<string, unknown>> & { readonly id?: string }

export interface Asked {
  readonly id: string
  /** Up to `done` or `error`. */
  readonly events: readonly ServerMessage[]
  readonly last: ServerMessage | undefined
}

export interface RawSocket extends AsyncDisposable {
  readonly socket: WebSocket
  readonly messages: ServerMessage[]
  send: (message: object) => void
  /** Asks, and waits for the end of the answer. */
  ask: (question: string, more?: AskFields) => Promise<Asked>
  /** Asks without waiting; gives the id. */
  begin: (question: string, more?: AskFields) => string
  /** The next message, not yet waited for, that fits. */
  wait: <T extends ServerMessage['type']>(
    type: T,
    id?: string,
  ) => Promise<Extract<ServerMessage, { type: T }>>
  /** Everything of one ask, up to `done` or `error`. */
  events: (id: string) => Promise<ServerMessage[]>
  readonly closed: Promise<number>
}

export async function rawSocket(url: string, options: ClientOptions = {}): Promise<RawSocket> {
  const socket = new WebSocket(url, 'chatbot.v1', { perMessageDeflate: false, ...options })
  const messages: ServerMessage[] = []
  const listeners = new Set<() => void>()
  const taken = new Set<ServerMessage>()
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  const notifyAll = () => {
    for (const notify of listeners) notify()
  }
  closed.then(notifyAll)
  socket.on('message', (data) => {
    messages.push(serverMessageSchema.parse(JSON.parse(String(data))))
    notifyAll()
  })
  await once(socket, 'open')

  async function until<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      if (socket.readyState === socket.CLOSED)
        throw new Error(`closed while waiting; got ${JSON.stringify(messages).slice(0, 2000)}`)
      const { promise, resolve } = Promise.withResolvers<void>()
      listeners.add(resolve)
      await promise
      listeners.delete(resolve)
    }
  }

  const send = (message: object) => socket.send(JSON.stringify(message))
  const begin = (question: string, { id = randomUUID(), ...more }: AskFields = {}) => {
    send({ type: 'ask', id, question, ...more })
    return id
  }
  const events = (id: string) =>
    until(() => {
      const own = messages.filter(isOf(id))
      return own.some(({ type }) => type === 'done' || type === 'error') ? own : undefined
    })
  const isOf = (id: string) => (message: ServerMessage) => 'id' in message && message.id === id
  return {
    socket,
    messages,
    closed,
    send,
    begin,
    async ask(question, more) {
      const id = begin(question, more)
      const all = await events(id)
      return { id, events: all, last: all.at(-1) }
    },
    events,
    wait: (type, id) =>
      until(() => {
        const found = messages.find(
          (message): message is Extract<ServerMessage, { type: typeof type }> =>
            message.type === type && !taken.has(message) && (id === undefined || isOf(id)(message)),
        )
        if (found !== undefined) taken.add(found)
        return found
      }),
    async [Symbol.asyncDispose]() {
      if (socket.readyState === socket.CLOSED) return
      socket.terminate()
      await closed
    },
  }
}

/** A socket that was greeted: over TCP with this token, or as the machine's user over the Unix socket. */
export async function greeted(
  { local, host }: Pick<TestDaemon, 'local' | 'host'>,
  token?: string,
): Promise<RawSocket> {
  const raw = await rawSocket(token === undefined ? `ws+unix:${local.socketPath}:/ws` : `ws://${host}/ws`)
  raw.send({ type: 'hello', token })
  await raw.wait('welcome')
  return raw
}

/** The text as it was streamed. */
export const textOf = (events: readonly ServerMessage[]): string =>
  events.map((event) => (event.type === 'delta' ? event.text : '')).join('')

/** The answer of an ask that must have one. */
export function answerOf({ last }: Asked): Extract<ServerMessage, { type: 'done' }>['answer'] {
  if (last?.type !== 'done') throw new Error(`no answer but ${JSON.stringify(last)}`)
  return last.answer
}
