/**
 * Many sockets on one daemon with PostgreSQL and Redis, against bare `ws` in the same run: memory of an idle socket,
 * cached answers a second and their delay, whether one user who asks 100 times as much slows another down, and what
 * a new answer costs.
 * Needs DATABASE_URL_TEST and REDIS_URL_TEST: eval "$(test/services/up)".
 */

import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { ingestFiles } from '../src/client/sync/ingest.ts'
import { packageRoot } from '../src/config/package-root.ts'
import { LANGUAGES } from '../src/domain/language.ts'
import { connectRedis } from '../src/redis/connection.ts'
import { startTestDaemon } from '../test/support/daemon.ts'
import { createDatabase } from '../test/support/database.ts'
import { ownPrefix, redisUrl } from '../test/support/redis.ts'
import { upload } from '../test/support/upload.ts'
import { loadXquad } from './xquad.ts'

const IDLE = 5000
const ACTIVE = 500
const KEYS = 50
const SECONDS = 10
const NEW_AT_ONCE = 8
const FAIR_ROUNDS = 4
const FAIR_SECONDS = 15
const QUESTION = 'How long does Murka the cat sleep?'

const { connectionString, drop } = await createDatabase()
const keyPrefix = ownPrefix()
const daemon = await startTestDaemon({
  env: {
    DATABASE_URL: connectionString,
    REDIS_URL: redisUrl(),
    CHATBOT_REDIS_KEY_PREFIX: keyPrefix,
    CHATBOT_LOG_LEVEL: 'warn',
    CHATBOT_SERVER_MAX_SOCKETS: '20000',
    CHATBOT_SERVER_MAX_ASKS: '1000',
    CHATBOT_LIMITS_ADDRESS_PER_MINUTE: '1000000',
    CHATBOT_LIMITS_ADDRESS_BURST: '1000000',
    CHATBOT_LIMITS_QUESTIONS_PER_MINUTE: '1000000',
    CHATBOT_LIMITS_QUESTIONS_BURST: '1000000',
    CHATBOT_LIMITS_ANSWERS_IN_FLIGHT: '10000',
    // Of the two users of the last part, who are editors.
    CHATBOT_LIMITS_ROLES_EDITOR_QUESTIONS_PER_MINUTE: '1200',
    CHATBOT_LIMITS_ROLES_EDITOR_QUESTIONS_BURST: '50',
    CHATBOT_LIMITS_ROLES_EDITOR_ANSWERS_IN_FLIGHT: '50',
  },
})
const children: ChildProcess[] = []
try {
  await upload(daemon, 'default', 'cats.md', 'Murka the cat sleeps sixteen hours a day. She eats fish.\n')
  const keys = await Promise.all(Array.from({ length: KEYS }, (_, index) => newKey(`k-${index}`, 'reader')))
  const url = `ws://${daemon.host}/ws`
  const warm = await openSockets(url, keys.slice(0, 1))
  await askEach(warm, 1)
  await closeAll(warm)
  const reference = await startReference()

  const rss = {
    ours: async () => (await daemon.api.call('status', {})).memoryBytes,
    bare: async () => z.object({ rss: z.number() }).parse(await reference.ask('rss')).rss,
  }
  const ours = await idleMemory(url, rss.ours, keys)
  const bare = await idleMemory(reference.url, rss.bare, [''])
  console.log(
    `${IDLE} idle sockets: ${ours} bytes each, bare ws ${bare}: ${(ours / bare).toFixed(2)} times (the aim is at most 1.5)`,
  )

  const activeBare = await throughput(reference.url, [''])
  const activeOurs = await throughput(url, keys)
  console.log(
    `${ACTIVE} active sockets: ${activeOurs.perSecond} cached answers/s, p50 ${activeOurs.p50} ms, p99 ${activeOurs.p99} ms; bare ws ${activeBare.perSecond}/s, p50 ${activeBare.p50} ms, p99 ${activeBare.p99} ms: ${(activeOurs.perSecond / activeBare.perSecond).toFixed(2)} (the aim is at least 0.7)`,
  )
  await fairness(url)
  await newAnswers(url, keys)
} finally {
  for (const child of children) child.kill()
  await daemon[Symbol.asyncDispose]()
  await drop()
}

/** Questions that nobody has asked before, on the examples: what each costs. */
async function newAnswers(url: string, tokens: readonly string[]): Promise<void> {
  const folder = join(packageRoot(), 'examples')
  const uris = readdirSync(join(folder, 'xquad'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.md'),
  )
  await ingestFiles({
    api: daemon.api,
    collection: 'default',
    files: uris.map((uri) => ({ uri, path: join(folder, 'xquad', uri) })),
    jobs: 4,
    maxFileBytes: 1e8,
  })
  const questions = LANGUAGES.flatMap((language) =>
    loadXquad(language)
      .questions.filter((_, index) => index % 8 === 0)
      .map(({ text }) => text),
  )
  const sockets = await openSockets(url, tokens.slice(0, NEW_AT_ONCE))
  const [cpuBefore, started] = [await cpuSeconds(), performance.now()]
  const times: number[] = []
  const left = [...questions]
  await Promise.all(
    sockets.map(async (socket) => {
      for (let question = left.pop(); question !== undefined; question = left.pop())
        times.push(await askOnce(socket, question))
    }),
  )
  const seconds = (performance.now() - started) / 1000
  const cpu = ((await cpuSeconds()) - cpuBefore) / times.length
  await closeAll(sockets)
  console.log(
    `${times.length} new questions on ${uris.length} documents, ${NEW_AT_ONCE} at once: ${(times.length / seconds).toFixed(1)} answers/s, p50 ${percentile(times, 0.5)} ms, p99 ${percentile(times, 0.99)} ms, ${cpu.toFixed(3)} s of the daemon's CPU each`,
  )
}

async function cpuSeconds(): Promise<number> {
  const response = await fetch(`http://${daemon.host}/metrics`, {
    headers: { authorization: `Bearer ${daemon.token}` },
  })
  return Number(/^process_cpu_seconds_total ([\d.e+-]+)/m.exec(await response.text())?.[1])
}

/**
 * One user asks 10 times a second; p99 without and with another who asks 1,000 times. By turns, so that both see the
 * same moods of the machine.
 */
async function fairness(url: string): Promise<void> {
  const [modest, greedy] = [await newKey('modest', 'editor'), await newKey('greedy', 'editor')]
  const [[calm], floods] = [
    await openSockets(url, [modest]),
    await openSockets(
      url,
      Array.from({ length: 20 }, () => greedy),
    ),
  ]
  if (calm === undefined) throw new Error('no socket')
  let refused = 0
  for (const socket of floods) {
    socket.on('message', (data) => {
      if (String(data).includes('"rate_limited"')) refused += 1
    })
  }
  const someTimes = async () => {
    const times: number[] = []
    for (let index = 0; index < 10 * FAIR_SECONDS; index += 1) {
      const pause = sleep(100)
      times.push(await askOnce(calm))
      await pause
    }
    return times
  }
  const flood = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      for (const socket of floods)
        socket.send(JSON.stringify({ type: 'ask', id: randomUUID(), question: QUESTION }))
      await sleep(20)
    }
  }
  await someTimes()
  const [alone, beside, first]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < FAIR_ROUNDS; round += 1) {
    alone.push(...(await someTimes()))
    const over = new AbortController()
    const flooded = flood(over.signal)
    const times = await someTimes()
    beside.push(...times)
    first.push(...times.slice(0, 1))
    over.abort()
    await flooded
  }
  await closeAll([calm, ...floods])
  const [calmly, hurt] = [percentile(alone, 0.99), percentile(beside, 0.99)]
  console.log(
    `fairness: p50 ${percentile(alone, 0.5)} ms and p99 ${calmly} ms alone, ${percentile(beside, 0.5)} ms and ${hurt} ms beside one who asks 100 times as much (${refused} refused): ${(hurt / calmly).toFixed(2)} times (the aim is at most 2); the questions that came with the first of a flood took ${first.map((ms) => ms.toFixed(0)).join(', ')} ms`,
  )
}

async function throughput(url: string, tokens: readonly string[]) {
  const sockets = await openSockets(
    url,
    Array.from({ length: ACTIVE }, (_, index) => tokens[index % tokens.length] ?? ''),
  )
  await askEach(sockets, 1)
  const end = performance.now() + SECONDS * 1000
  const times = (
    await Promise.all(
      sockets.map(async (socket) => {
        const own: number[] = []
        while (performance.now() < end) own.push(await askOnce(socket))
        return own
      }),
    )
  ).flat()
  await closeAll(sockets)
  return {
    perSecond: Math.round(times.length / SECONDS),
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
  }
}

/** Milliseconds from the ask to its `done`. */
function askOnce(socket: WebSocket, question = QUESTION): Promise<number> {
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const onMessage = (data: Buffer) => {
      if (data.includes('"type":"done"')) {
        socket.off('message', onMessage)
        resolve(performance.now() - started)
      } else if (data.includes('"type":"error"')) reject(new Error(data.toString()))
    }
    socket.on('message', onMessage)
    socket.send(JSON.stringify({ type: 'ask', id: randomUUID(), question }))
  })
}

async function askEach(sockets: readonly WebSocket[], times: number): Promise<void> {
  for (let round = 0; round < times; round += 1) await Promise.all(sockets.map((socket) => askOnce(socket)))
}

async function idleMemory(
  url: string,
  rss: () => Promise<number>,
  tokens: readonly string[],
): Promise<number> {
  // The first sockets pay for code and pools that all share.
  await closeAll(
    await openSockets(
      url,
      Array.from({ length: 500 }, (_, index) => tokens[index % tokens.length] ?? ''),
    ),
  )
  await sleep(2000)
  const before = await rss()
  const sockets = await openSockets(
    url,
    Array.from({ length: IDLE }, (_, index) => tokens[index % tokens.length] ?? ''),
  )
  await sleep(2000)
  const after = await rss()
  await closeAll(sockets)
  return Math.round((after - before) / IDLE)
}

/** Greeted, a hundred at a time. */
async function openSockets(url: string, tokens: readonly string[]): Promise<WebSocket[]> {
  const sockets: WebSocket[] = []
  for (let from = 0; from < tokens.length; from += 100) {
    const some = tokens.slice(from, from + 100).map(async (token) => {
      const socket = new WebSocket(url, { perMessageDeflate: false })
      await once(socket, 'open')
      const welcome = once(socket, 'message')
      socket.send(JSON.stringify({ type: 'hello', token }))
      await welcome
      return socket
    })
    sockets.push(...(await Promise.all(some)))
  }
  return sockets
}

async function closeAll(sockets: readonly WebSocket[]): Promise<void> {
  await Promise.all(
    sockets.map((socket) => {
      const closed = once(socket, 'close')
      socket.terminate()
      return closed
    }),
  )
}

async function newKey(name: string, role: 'reader' | 'editor'): Promise<string> {
  return (await daemon.api.call('createKey', { body: { name, role, collections: ['default'] } })).key
}

/** In its own process, with a cached answer that the daemon has put into Redis. */
async function startReference() {
  const redis = connectRedis(
    { url: redisUrl(), keyPrefix, connectTimeoutMs: 2000, commandTimeoutMs: 2000 },
    { warn() {}, info() {} },
  )
  await new Promise<void>((resolve) => redis.onChange(() => resolve()))
  const [cached] = await redis.client.keys(redis.key('answer', '*'))
  await redis.close()
  if (cached === undefined) throw new Error('the daemon has cached nothing')
  const child = fork(fileURLToPath(new URL('./load-reference.ts', import.meta.url)), {
    env: {
      ...process.env,
      DATABASE_URL: connectionString,
      REDIS_URL: redisUrl(),
      CACHED_KEY: cached,
      KEY_PREFIX: keyPrefix,
    },
  })
  children.push(child)
  const { port } = z.object({ port: z.number() }).parse((await once(child, 'message'))[0])
  return {
    url: `ws://127.0.0.1:${port}`,
    async ask(question: string): Promise<unknown> {
      const answered = once(child, 'message')
      child.send(question)
      return (await answered)[0]
    },
  }
}

function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((left, right) => left - right)
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10
}
