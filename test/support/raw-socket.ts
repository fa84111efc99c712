/** A WebSocket that shows every message as it came: for tests of the wire itself. */
import { once } from 'node:events'
import { type ClientOptions, WebSocket } from 'ws'
import { type ServerMessage, serverMessageSchema } from '../../src/protocol/messages.ts'

export interface RawSocket extends AsyncDisposable {
  readonly socket: WebSocket
  readonly messages: ServerMessage[]
  send: (message: object) => void
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

  const isOf = (id: string) => (message: ServerMessage) => 'id' in message && message.id === id
  return {
    socket,
    messages,
    closed,
    send: (message) => socket.send(JSON.stringify(message)),
    wait: (type, id) =>
      until(() => {
        const found = messages.find(
          (message): message is Extract<ServerMessage, { type: typeof type }> =>
            message.type === type && !taken.has(message) && (id === undefined || isOf(id)(message)),
        )
        if (found !== undefined) taken.add(found)
        return found
      }),
    events: (id) =>
      until(() => {
        const own = messages.filter(isOf(id))
        return own.some(({ type }) => type === 'done' || type === 'error') ? own : undefined
      }),
    async [Symbol.asyncDispose]() {
      if (socket.readyState === socket.CLOSED) return
      socket.terminate()
      await closed
    },
  }
}

/** A greeted socket over the daemon's Unix socket. */
export async function greeted(socketPath: string): Promise<RawSocket> {
  const raw = await rawSocket(`ws+unix:${socketPath}:/ws`)
  raw.send({ type: 'hello' })
  await raw.wait('welcome')
  return raw
}
