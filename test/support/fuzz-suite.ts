/** Everything of fuzz.ts at one daemon: it lives, nothing is an `internal` error, and others are served meanwhile. */
import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import { type AddressInfo, connect as connectNet } from 'node:net'
import { text } from 'node:stream/consumers'
import { CLIError } from '@oclif/core/errors'
import { parse } from '@oclif/core/parser'
import fc, { type Arbitrary } from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import Ask from '../../commands/ask.ts'
import { filterOf } from '../../commands/common/flags.ts'
import { questionOf } from '../../commands/common/question.ts'
import Ingest from '../../commands/ingest.ts'
import KeysCreate from '../../commands/keys/create.ts'
import Search from '../../commands/search.ts'
import { completionRequestSchema } from '../../src/api/completions.ts'
import { type RouteName, routes } from '../../src/api/routes.ts'
import { apiClient } from '../../src/client/api.ts'
import { openSocket } from '../../src/client/socket/socket.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { serverMessageSchema } from '../../src/protocol/messages.ts'
import { logLine } from '../../src/terminal/log-line.ts'
import { parseSlash } from '../../src/tui/slash.ts'
import { startTestDaemon, type TestDaemon } from './daemon.ts'
import {
  commandLines,
  completionRequests,
  type Frame,
  frames,
  type OddRequest,
  oddText,
  requestsTo,
  responses,
  serverFrames,
  wire,
} from './fuzz.ts'
import { upload } from './upload.ts'
import { welcome } from './wire-server.ts'

/** Ends the daemon, as it should. */
const ENDS_IT: ReadonlySet<RouteName> = new Set<RouteName>(['shutdown'])
const ROUTES = z
  .array(z.custom<RouteName>((name) => typeof name === 'string' && Object.hasOwn(routes, name)))
  .parse(Object.keys(routes))
  .filter((name) => !ENDS_IT.has(name))

/** What the daemon logs of a fault of its own. */
const FAULTS =
  /"msg":"(?:daemon crashed|request failed|message failed|a socket failed|the socket server failed)".*/g
const UNLIMITED = '1000000'

/** `cases` in all, the same ones each time for one `seed`. */
export function fuzzSuite(cases: number, seed: number): void {
  let daemon: TestDaemon
  let bystander: Bystander
  // What ended the daemon cannot be made smaller by asking it again.
  const share = (part: number) => ({ numRuns: Math.ceil(cases * part), seed, endOnFailure: true })
  const check = async <T>(part: number, given: Arbitrary<T>, at: (given: T) => Promise<void>) => {
    await fc.assert(
      fc.asyncProperty(given, async (one) => {
        await at(one)
        expect(faultsOf(daemon)).toEqual([])
      }),
      share(part),
    )
    expect(daemon.process.exitCode).toBeNull()
    await bystander.answered()
  }

  beforeAll(async () => {
    daemon = await startTestDaemon({
      env: {
        CHATBOT_SERVER_MAX_FRAME_BYTES: '1048576',
        CHATBOT_SERVER_BODY_TIMEOUT_MS: '2000',
        CHATBOT_SERVER_HEAD_TIMEOUT_MS: '2000',
        CHATBOT_LIMITS_ADDRESS_PER_MINUTE: UNLIMITED,
        CHATBOT_LIMITS_ADDRESS_BURST: UNLIMITED,
        CHATBOT_LIMITS_ADDRESS_FAILURES_PER_MINUTE: UNLIMITED,
        CHATBOT_LIMITS_ADDRESS_FAILURES_BURST: UNLIMITED,
        CHATBOT_LIMITS_QUESTIONS_PER_MINUTE: UNLIMITED,
        CHATBOT_LIMITS_QUESTIONS_BURST: UNLIMITED,
        CHATBOT_LIMITS_REQUESTS_PER_MINUTE: UNLIMITED,
        CHATBOT_LIMITS_REQUESTS_BURST: UNLIMITED,
      },
    })
    const text = '# Returns\n\nReturns are handled within 14 days by the warehouse.\n'
    await upload(daemon, 'fuzz', 'file:///fuzz/a.md', text)
    bystander = await startBystander(daemon)
  }, 120_000)
  afterAll(async () => {
    await bystander?.end()
    await daemon?.[Symbol.asyncDispose]()
  })

  test('messages on a socket that greeted and on one that did not', async () => {
    await check(0.4, fc.tuple(fc.boolean(), frames), ([greets, sent]) => sendFrames(daemon, greets, sent))
  })

  test('requests to every route and to the front for OpenAI’s clients', async () => {
    const requests = fc.oneof(...ROUTES.map(requestsTo), completionRequests(completionRequestSchema))
    await check(0.35, requests, (one) => sendRequest(daemon, one))
  })

  test('bytes on a connection', async () => {
    const abrupt = fc.boolean()
    await check(0.15, fc.tuple(wire, abrupt), ([pieces, cut]) => sendBytes(daemon, pieces, cut))
  })

  test('a server that harms its clients', async () => {
    await using server = await hostileServer()
    await check(0.05, fc.tuple(serverFrames, responses), async ([sent, response]) => {
      await server.play(sent, response)
    })
  })

  test('command lines, slash commands and log lines', async () => {
    await check(0.05, fc.tuple(commandLines, oddText), ([argv, line]) => readCommandLine(argv, line))
  })
}

function faultsOf(daemon: TestDaemon): string[] {
  return daemon.log().match(FAULTS) ?? []
}

interface Bystander {
  /** Resolves when every ping sent so far was answered. */
  answered: () => Promise<void>
  end: () => Promise<void>
}

const PING_MS = 20

/** Another client, which pings all the time and must not notice what goes on. */
async function startBystander(daemon: TestDaemon): Promise<Bystander> {
  const socket = await greetedSocket(daemon)
  let sent = 0
  let heard = 0
  let closed = false
  socket.on('pong', (data) => {
    heard += 1
    expect(Number(data)).toBe(heard)
  })
  socket.on('close', () => {
    closed = true
  })
  const pinging = setInterval(() => {
    sent += 1
    socket.ping(String(sent))
  }, PING_MS)
  return {
    async answered() {
      const until = sent
      await expect.poll(() => closed || heard >= until).toBe(true)
      expect({ closed, missed: Math.max(0, until - heard) }).toEqual({ closed: false, missed: 0 })
    },
    async end() {
      clearInterval(pinging)
      socket.terminate()
      if (!closed) await once(socket, 'close')
    },
  }
}

function openedSocket(daemon: TestDaemon): WebSocket {
  const socket = new WebSocket(`ws://${daemon.host}/ws`, 'chatbot.v1', { perMessageDeflate: false })
  socket.on('error', () => undefined)
  return socket
}

async function greetedSocket(daemon: TestDaemon): Promise<WebSocket> {
  const socket = openedSocket(daemon)
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'hello', token: daemon.token }))
  await once(socket, 'message')
  return socket
}

async function sendFrames(daemon: TestDaemon, greets: boolean, sent: readonly Frame[]): Promise<void> {
  const socket = greets ? await greetedSocket(daemon) : openedSocket(daemon)
  if (!greets) await once(socket, 'open')
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  const internal: unknown[] = []
  socket.on('message', (data) => {
    const message = serverMessageSchema.parse(JSON.parse(String(data)))
    if (message.type === 'error' && message.code === 'internal') internal.push(message)
  })
  for (const frame of sent) sendFrame(socket, frame)
  const handled = new Promise<void>((resolve) => socket.once('pong', () => resolve()))
  if (socket.readyState === WebSocket.OPEN) socket.ping()
  const code = await Promise.race([handled.then(() => undefined), closed])
  socket.terminate()
  await closed
  expect(internal).toEqual([])
  // 1006: the connection was cut, for a frame of broken UTF-8 say.
  if (code !== undefined) expect([1002, 1006, 1007, 1009, 4400, 4401, 4402, 4403, 4409]).toContain(code)
}

function sendFrame(socket: WebSocket, { data, binary, parts }: Frame): void {
  const bytes = Buffer.from(data)
  const size = Math.max(1, Math.ceil(bytes.length / parts))
  for (let part = 0; part < parts; part += 1)
    socket.send(
      bytes.subarray(part * size, (part + 1) * size),
      { binary, fin: part === parts - 1 },
      () => undefined,
    )
}

const errorSchema = z.object({ error: z.looseObject({ code: z.string() }) })

async function sendRequest(daemon: TestDaemon, { method, path, headers, body }: OddRequest): Promise<void> {
  const [host = '', port] = daemon.host.split(':')
  const type = Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json'
  const response = await new Promise<{ status: number; body: string } | undefined>((resolve, reject) => {
    const sent = httpRequest({
      host,
      port: Number(port),
      method,
      path,
      headers: {
        authorization: `Bearer ${daemon.token}`,
        ...(body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
        ...headers,
      },
    })
    sent.on('response', (incoming) => {
      text(incoming).then((read) => resolve({ status: incoming.statusCode ?? 0, body: read }), reject)
    })
    // A body that is refused unread ends the connection.
    sent.on('error', () => resolve(undefined))
    sent.end(body)
  })
  if (response === undefined) return
  expect(response.status, response.body.slice(0, 1000)).not.toBe(500)
  // 431: too long a head is refused by Node, before there is a request.
  if (response.status < 400 || response.status === 431) return
  expect(errorSchema.parse(JSON.parse(response.body)).error.code).not.toBe('internal')
}

/** Resolves when the connection has ended, which it must when this side has ended it. */
async function sendBytes(daemon: TestDaemon, pieces: readonly Buffer[], cut: boolean): Promise<void> {
  const [host = '', port] = daemon.host.split(':')
  const socket = connectNet({ host, port: Number(port) })
  socket.on('error', () => undefined)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  let heard = ''
  socket.setEncoding('latin1').on('data', (data: string) => {
    heard += data
  })
  for (const piece of pieces) socket.write(piece)
  if (cut) socket.resetAndDestroy()
  else socket.end()
  await closed
  expect(heard).not.toMatch(/^HTTP\/1\.1 500/m)
}

type Response = typeof responses extends Arbitrary<infer R> ? R : never

interface HostileServer extends AsyncDisposable {
  /** Says this to a client on a socket and to one of the API; both end with an error of ours or well. */
  play: (frames: readonly string[], response: Response) => Promise<void>
}

async function hostileServer(): Promise<HostileServer> {
  let next: Response | undefined
  let script: readonly string[] = []
  const server = createServer((_request, response) => {
    response.writeHead(next?.status ?? 200, { 'content-type': 'application/json' })
    response.end(next?.status === 204 ? undefined : next?.body)
  })
  const sockets = new WebSocketServer({ server, handleProtocols: () => 'chatbot.v1' })
  sockets.on('connection', (socket) => {
    socket.on('error', () => undefined)
    socket.once('message', () => {
      socket.send(JSON.stringify(welcome))
      for (const frame of script) socket.send(frame)
      socket.close(4503)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = z.custom<AddressInfo>((value) => typeof value === 'object').parse(server.address())
  const endpoint = { kind: 'tcp', url: `http://127.0.0.1:${port}` } as const
  return {
    async play(frames, response) {
      script = frames
      next = response
      const ended = Promise.withResolvers<ChatbotError>()
      await openSocket(endpoint, {
        version: '1',
        onMessage: () => undefined,
        onLife: () => undefined,
        onClose: ({ error }) => ended.resolve(error),
        handshakeTimeoutMs: 10_000,
      })
      expect(await ended.promise).toBeInstanceOf(ChatbotError)
      using api = apiClient(endpoint, { version: '1' })
      const failed = await api.call(response.route, {}).then(
        () => undefined,
        (error: unknown) => error,
      )
      if (failed !== undefined) expect(failed).toBeInstanceOf(ChatbotError)
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** What a command makes of its line, and the terminal of its input: nothing throws what is no error of ours. */
async function readCommandLine(argv: readonly string[], line: string): Promise<void> {
  const words = [...argv]
  await expectOurs(() => parse(words, { args: Search.args, flags: Search.flags, strict: false, '--': true }))
  await expectOurs(() => parse(words, { args: Ingest.args, flags: Ingest.flags, strict: false, '--': true }))
  await expectOurs(() => parse(words, { args: KeysCreate.args, flags: KeysCreate.flags, '--': true }))
  await expectOurs(async () => {
    const { flags } = await parse(words, { args: Ask.args, flags: Ask.flags, strict: false, '--': true })
    filterOf(flags)
  })
  // Without words, or with `-`, it reads stdin.
  const question = argv.join(' ')
  if (!['', '-'].includes(question) && question.trim() !== '') expect(await questionOf(argv)).toBe(question)
  else if (question.trim() === '' && question !== '') await expectOurs(() => questionOf(argv))
  parseSlash(line)
  logLine(line, process.stderr)
}

async function expectOurs(work: () => Promise<unknown>): Promise<void> {
  const error = await work().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error !== undefined)
    expect(error instanceof ChatbotError || error instanceof CLIError, String(error)).toBe(true)
}
