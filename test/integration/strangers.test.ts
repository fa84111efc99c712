/** What people without a token hold open, and how slowly they may send and read: never so that others are kept out. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API_PREFIX } from '../../src/api/routes.ts'
import { runtimePaths } from '../../src/config/runtime-paths.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { type RawSocket, rawSocket } from '../support/raw-socket.ts'

const MAX_SOCKETS = 6
const GREETING_OF_ADDRESS = 8
const IDLE_OF_ADDRESS = 20
const BODY_MS = 1500
const HEAD_MS = 1500

/** Of Linux' loopback network, so that they are different clients. */
const [FLOODER, CALM, OTHER] = ['127.0.0.2', '127.0.0.3', '127.0.0.4']

let daemon: TestDaemon
let port: number
beforeAll(async () => {
  daemon = await startTestDaemon({
    env: {
      CHATBOT_SERVER_MAX_SOCKETS: String(MAX_SOCKETS),
      CHATBOT_SERVER_MAX_GREETING_SOCKETS: '20',
      CHATBOT_SERVER_MAX_GREETING_SOCKETS_PER_ADDRESS: String(GREETING_OF_ADDRESS),
      CHATBOT_SERVER_MAX_IDLE_CONNECTIONS: '50',
      CHATBOT_SERVER_MAX_IDLE_CONNECTIONS_PER_ADDRESS: String(IDLE_OF_ADDRESS),
      CHATBOT_SERVER_HELLO_TIMEOUT_MS: '60000',
      CHATBOT_SERVER_HEAD_TIMEOUT_MS: String(HEAD_MS),
      CHATBOT_SERVER_BODY_TIMEOUT_MS: String(BODY_MS),
      CHATBOT_SERVER_STALL_TIMEOUT_MS: '1500',
      CHATBOT_LIMITS_ADDRESS_BURST: '100000',
    },
  })
  port = Number(daemon.host.split(':')[1])
})
afterAll(() => daemon?.[Symbol.asyncDispose]())

const silent = (localAddress: string) => rawSocket(`ws://${daemon.host}/ws`, { localAddress })

async function keyed(localAddress: string): Promise<RawSocket> {
  const socket = await silent(localAddress)
  socket.send({ type: 'hello', token: daemon.token })
  await socket.wait('welcome')
  return socket
}

const isOpen = ({ socket }: RawSocket) => socket.readyState === socket.OPEN

const closeAll = (sockets: readonly RawSocket[]) =>
  Promise.all(sockets.map((socket) => socket[Symbol.asyncDispose]()))

describe('sockets without a greeting', () => {
  test('of one address put out each other, not those of others, nor those with a token', async () => {
    const calm = await silent(CALM)
    const flood: RawSocket[] = []
    const served: RawSocket[] = []
    for (let count = 0; count < 60; count += 1) {
      flood.push(await silent(FLOODER))
      if (count % 20 === 0) served.push(await keyed(OTHER), await keyed(FLOODER))
    }
    await expect.poll(() => flood.filter(isOpen).length).toBe(GREETING_OF_ADDRESS)
    expect(await flood[0]?.closed).toBe(4529)
    expect(isOpen(calm)).toBe(true)
    calm.send({ type: 'hello', token: daemon.token })
    // The places of those who are known are taken: by six of them, not by the flood.
    expect(await calm.closed).toBe(4529)
    expect(served.filter(isOpen)).toHaveLength(MAX_SOCKETS)
    await closeAll([...flood, ...served])
  })

  test('with a token of the upgrade count among the known', async () => {
    const headers = { authorization: `Bearer ${daemon.token}` }
    const open = () => rawSocket(`ws://${daemon.host}/ws`, { headers, localAddress: CALM })
    const known = await Promise.all(Array.from({ length: MAX_SOCKETS }, open))
    expect(await (await open()).closed).toBe(4529)
    expect(known.filter(isOpen)).toHaveLength(MAX_SOCKETS)
    await closeAll(known)
    const next = await keyed(CALM)
    await closeAll([next])
  })

  test('with a wrong token are refused and leave', async () => {
    const headers = { authorization: 'Bearer nonsense' }
    const wrong = await rawSocket(`ws://${daemon.host}/ws`, { headers, localAddress: OTHER })
    expect(await wrong.closed).toBe(4401)
  })
})

/** A connection that nothing was sent on yet. */
async function tcp(localAddress: string): Promise<Socket> {
  const socket = connectTcp({ host: '127.0.0.1', port, localAddress })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** Whether it was closed or reset: `once` would reject for the latter. */
const ended = (socket: Socket) =>
  new Promise<void>((resolve) => {
    if (socket.closed) resolve()
    else socket.once('close', () => resolve())
  })

describe('connections without a request', () => {
  test('of one address put out each other, not those of others', async () => {
    const calm = await tcp(CALM)
    const flood: Socket[] = []
    for (let count = 0; count < 3 * IDLE_OF_ADDRESS; count += 1) flood.push((await tcp(FLOODER)).resume())
    expect((await fetch(`http://${daemon.host}/healthz`)).status).toBe(200)
    await Promise.all(flood.slice(0, 2 * IDLE_OF_ADDRESS).map(ended))
    expect(calm.closed).toBe(false)
    const answered = once(calm, 'data')
    calm.write(`GET /healthz HTTP/1.1\r\nHost: ${daemon.host}\r\n\r\n`)
    expect(String((await answered)[0])).toMatch(/^HTTP\/1\.1 200 /)
    for (const socket of [calm, ...flood]) socket.destroy()
  })

  test('that never send one, or not to its end, are cut off', async () => {
    const half = await tcp(CALM)
    half.write(`GET /ws HTTP/1.1\r\nHost: ${daemon.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`)
    await Promise.all([half.resume(), (await tcp(CALM)).resume()].map(ended))
  })

  test('a connection with the request of somebody known is not put out', async () => {
    const busy = await tcp(FLOODER)
    busy.write(
      `${headOf('POST', '/collections', 'application/json', 21)}Authorization: Bearer ${daemon.token}\r\n\r\n{"name"`,
    )
    await sleep(200)
    const flood: Socket[] = []
    for (let count = 0; count < 3 * IDLE_OF_ADDRESS; count += 1) flood.push((await tcp(FLOODER)).resume())
    const answered = once(busy, 'data')
    busy.write(':    "busy"  }')
    expect(String((await answered)[0])).toMatch(/^HTTP\/1\.1 200 /)
    for (const socket of [busy, ...flood]) socket.destroy()
  })
})

const headOf = (method: string, path: string, type: string, length: number) =>
  `${method} ${API_PREFIX}${path} HTTP/1.1\r\nHost: ${daemon.host}\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n`

const uploadOf = (bytes: Buffer) =>
  `/collections/default/documents?uri=slow.md&hash=${createHash('sha256').update(bytes).digest('hex')}`

/** Sends a byte now and then until the connection ends. */
async function trickle(head: string): Promise<string> {
  const socket = await tcp(CALM)
  let got = ''
  socket.setEncoding('latin1').on('data', (piece: string) => {
    got += piece
  })
  socket.write(head)
  const sending = setInterval(() => socket.write(' '), 50)
  await ended(socket)
  clearInterval(sending)
  return got
}

describe('what comes by the byte is cut off', () => {
  const bearer = () => `Authorization: Bearer ${daemon.token}\r\n`
  test.each([
    ['a head', () => `GET ${API_PREFIX}/status HTTP/1.1\r\nHost: ${daemon.host}\r\nX-Slow:`],
    ['a login', () => `${headOf('POST', '/auth/login', 'application/json', 9000)}\r\n{`],
    [
      'a login that says it is a file',
      () => `${headOf('POST', '/auth/login', 'application/octet-stream', 9000)}\r\n`,
    ],
    [
      'JSON of somebody known',
      () => `${headOf('POST', '/search', 'application/json', 9000)}${bearer()}\r\n{`,
    ],
    ['the body of a GET', () => `${headOf('GET', '/openapi.json', 'text/plain', 9000)}\r\n`],
    ['a body for nothing', () => `${headOf('POST', '/nothing', 'application/json', 9000)}\r\n{`],
    [
      'an upload',
      () => `${headOf('PUT', uploadOf(Buffer.alloc(9000)), 'application/octet-stream', 9000)}${bearer()}\r\n`,
    ],
    [
      'an upload in chunks',
      () =>
        `PUT ${API_PREFIX}${uploadOf(Buffer.alloc(9))} HTTP/1.1\r\nHost: ${daemon.host}\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n${bearer()}\r\n2000\r\n`,
    ],
  ])('%s', async (name, head) => {
    const [status] = (await trickle(head())).split('\r\n')
    // Whoever sends a body to what takes none gets the answer, and the connection ends all the same.
    if (name !== 'the body of a GET') expect(status).not.toMatch(/ 200 /)
    expect((await fetch(`http://${daemon.host}/healthz`)).status).toBe(200)
  })

  test('an upload that takes long but goes on is taken', async () => {
    await daemon.api.call('createCollection', { body: { name: 'default' } })
    const bytes = Buffer.from('All is well here. '.repeat(20_000))
    const socket = await tcp(CALM)
    const answered = once(socket, 'data')
    socket.write(`${headOf('PUT', uploadOf(bytes), 'application/octet-stream', bytes.length)}${bearer()}\r\n`)
    for (let start = 0; start < bytes.length; start += 72_000) {
      socket.write(bytes.subarray(start, start + 72_000))
      await sleep(BODY_MS / 2)
    }
    expect(String((await answered)[0])).toMatch(/^HTTP\/1\.1 200 /)
    socket.destroy()
  })
})

describe('a response', () => {
  test('that nobody reads is cut off', async () => {
    const socket = connectTcp({ path: runtimePaths(daemon.dataDir).socket })
    socket.on('error', () => undefined).pause()
    for (let count = 0; count < 10; count += 1)
      socket.write(`GET ${API_PREFIX}/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    await expect
      .poll(() => daemon.log().includes('its response is read too slowly'), { timeout: 20_000 })
      .toBe(true)
    await ended(socket.resume())
  })

  test('that is large is whole', async () => {
    const text = 'All is well here. '.repeat(20_000)
    const headers = { authorization: `Bearer ${daemon.token}` }
    const response = await fetch(`http://${daemon.host}${API_PREFIX}/documents/slow.md/text`, { headers })
    const body = await response.text()
    expect(Number(response.headers.get('content-length'))).toBe(Buffer.byteLength(body))
    expect(JSON.parse(body)).toMatchObject({ text })
  })
})
