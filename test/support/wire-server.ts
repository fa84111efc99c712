/** A WebSocket server that a test plays by hand: real frames on a real Unix socket, scripted message by message. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type WebSocket, WebSocketServer } from 'ws'
import { type ClientMessage, type ServerMessage, SUBPROTOCOL } from '../../src/protocol/messages.ts'
import { readClientMessage } from '../../src/protocol/read.ts'

export interface Peer {
  /** The next message of the client that is no `hello`. */
  next: () => Promise<Exclude<ClientMessage, { type: 'hello' }>>
  send: (...messages: readonly ServerMessage[]) => void
  raw: (frame: string | Buffer) => void
  close: (code: number) => void
  /** As a kill of the daemon does. */
  vanish: () => void
  /** Resolves with the close code. */
  readonly closed: Promise<number>
}

export interface WireServer extends AsyncDisposable {
  readonly socketPath: string
  /** The next client, greeted. */
  peer: () => Promise<Peer>
}

export const welcome: Extract<ServerMessage, { type: 'welcome' }> = {
  type: 'welcome',
  protocol: 1,
  version: '0.0.0-test',
  user: 'local',
  limits: { maxFrameBytes: 65_536, maxQuestion: 8192, maxAsksInFlight: 8 },
  pingIntervalMs: 25_000,
}

export interface WireOptions {
  /** What is sent as the answer to `hello`; nothing when null. */
  readonly greeting?: object | null
  /** HTTP status that refuses the upgrade. */
  readonly refuse?: number
}

export async function wireServer({ greeting = welcome, refuse }: WireOptions = {}): Promise<WireServer> {
  const dir = mkdtempSync(join(tmpdir(), 'wire-'))
  const socketPath = join(dir, 's:1.sock')
  const http = createServer()
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => SUBPROTOCOL })
  const peers = mailbox<Peer>()
  http.on('upgrade', (request, stream, head) => {
    if (refuse !== undefined) {
      stream.end(`HTTP/1.1 ${refuse} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, stream, head, (socket) => play(socket, greeting, peers.put))
  })
  await listen(http, socketPath)
  return {
    socketPath,
    peer: peers.take,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

const listen = (http: Server, path: string) =>
  new Promise<void>((resolve) => {
    http.listen(path, resolve)
  })

function play(socket: WebSocket, greeting: object | null, greeted: (peer: Peer) => void): void {
  const messages = mailbox<Exclude<ClientMessage, { type: 'hello' }>>()
  const peer: Peer = {
    next: messages.take,
    send: (...all) => {
      for (const message of all) socket.send(JSON.stringify(message))
    },
    raw: (frame) => socket.send(frame),
    close: (code) => socket.close(code),
    vanish: () => socket.terminate(),
    closed: new Promise((resolve) => socket.on('close', resolve)),
  }
  socket.on('message', (data) => {
    const read = readClientMessage(data.toString())
    if (read.kind !== 'message') throw new Error(`the client sent ${data.toString()}`)
    if (read.message.type !== 'hello') messages.put(read.message)
    else if (greeting !== null) {
      socket.send(JSON.stringify(greeting))
      greeted(peer)
    } else greeted(peer)
  })
}

function mailbox<T>(): { put: (item: T) => void; take: () => Promise<T> } {
  const items: T[] = []
  const waiting: ((item: T) => void)[] = []
  return {
    put: (item) => {
      const next = waiting.shift()
      if (next === undefined) items.push(item)
      else next(item)
    },
    take: () => {
      const item = items.shift()
      return item === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(item)
    },
  }
}

export function answer(id: string, text: string): Extract<ServerMessage, { type: 'done' }>['answer'] {
  return {
    id,
    conversation: 'c1',
    question: 'q',
    text,
    certainty: 'answered',
    refused: false,
    citations: [],
    cached: false,
    generator: 'extractive',
    language: 'en',
    timings: { total: 1 },
    warnings: [],
  }
}
