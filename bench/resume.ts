/**
 * What it costs that answers survive, on PostgreSQL and Redis: a streamed answer with its log in Redis against the same
 * without one, by turns; and thousands of clients that come back at once, each for the rest of its answer.
 * Needs DATABASE_URL_TEST and REDIS_URL_TEST: eval "$(test/services/up)".
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { backoffMs } from '../src/domain/backoff.ts'
import { startTestDaemon, type TestDaemon } from '../test/support/daemon.ts'
import { createDatabase } from '../test/support/database.ts'
import { fakeOpenai, open, write } from '../test/support/fake-openai.ts'
import { ownPrefix, redisUrl } from '../test/support/redis.ts'
import { upload } from '../test/support/upload.ts'

const ROUNDS = 7
const ANSWERS = 20
const PIECES = 400
/** About 100 pieces a second, as a quick model writes them. */
const PAUSE_MS = 10
const RETURNING = 5000
const MOST_ATTEMPTS = 12
const CLOCK_TICKS_PER_SECOND = 100
const messageSchema = z.object({ type: z.string(), message: z.string().optional() })
const QUESTION = 'How long does Murka the cat sleep?'

const engine = await fakeOpenai(async (response) => {
  open(response)
  for (let piece = 0; piece < PIECES; piece += 1) {
    write(response, { choices: [{ index: 0, delta: { content: ` word${piece}` }, finish_reason: null }] })
    await sleep(PAUSE_MS)
  }
  write(response, { choices: [{ index: 0, delta: { content: ' [1].' }, finish_reason: 'stop' }] })
  response.end('data: [DONE]\n\n')
})
const databases = [await createDatabase(), await createDatabase()] as const
const entry = fileURLToPath(new URL('../test/support/histories/mutated-entry.ts', import.meta.url))
const start = (connectionString: string, more: Record<string, string> = {}) =>
  startTestDaemon({
    ...(more.MUTATION === undefined ? {} : { entry }),
    env: {
      DATABASE_URL: connectionString,
      REDIS_URL: redisUrl(),
      CHATBOT_REDIS_KEY_PREFIX: ownPrefix(),
      CHATBOT_LOG_LEVEL: 'warn',
      CHATBOT_SERVER_MAX_SOCKETS: '20000',
      CHATBOT_SERVER_MAX_ASKS: '1000',
      CHATBOT_LIMITS_ADDRESS_PER_MINUTE: '1000000',
      CHATBOT_LIMITS_ADDRESS_BURST: '1000000',
      CHATBOT_ENGINES_FAKE_BASE_URL: engine.baseUrl,
      CHATBOT_ENGINES_FAKE_MODEL: 'fake',
      CHATBOT_ENGINES_FAKE_PARALLEL: '100',
      ...more,
    },
  })
const unlogged = await start(databases[0].connectionString, { MUTATION: 'unlogged' })
const logged = await start(databases[1].connectionString)
try {
  for (const daemon of [unlogged, logged])
    await upload(daemon, 'default', 'cats.md', 'Murka the cat sleeps sixteen hours a day. She eats fish.\n')
  await logCost()
  await returning(logged)
} finally {
  await Promise.all([unlogged, logged].map((daemon) => daemon[Symbol.asyncDispose]()))
  await engine[Symbol.asyncDispose]()
  await Promise.all(databases.map(({ drop }) => drop()))
}

async function logCost(): Promise<void> {
  const ratios: number[] = []
  for (let round = 0; round <= ROUNDS; round += 1) {
    const bare = await streamed(unlogged)
    const ours = await streamed(logged)
    // The first pays for code that is compiled.
    if (round > 0) ratios.push(ours / bare)
  }
  const sorted = ratios.toSorted((a, b) => a - b)
  const [least, middle, most] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
  console.log(
    `CPU of ${ANSWERS} answers of ${PIECES} pieces at once, with their log in Redis against without: ${middle?.toFixed(2)} (${least?.toFixed(2)} to ${most?.toFixed(2)}; the aim is at most 1.15)`,
  )
}

/** CPU seconds of the daemon for some answers at once. */
async function streamed(daemon: TestDaemon): Promise<number> {
  const sockets = await openSockets(daemon, ANSWERS)
  const before = cpuSeconds(daemon)
  await Promise.all(
    sockets.map((socket) =>
      ended(socket, { type: 'ask', id: randomUUID(), question: QUESTION, engine: 'fake', cache: false }),
    ),
  )
  const used = cpuSeconds(daemon) - before
  for (const socket of sockets) socket.terminate()
  return used
}

/** Everybody has got the beginning of an answer, loses the socket, and comes back for the rest at once. */
async function returning(daemon: TestDaemon): Promise<void> {
  const ids = Array.from({ length: RETURNING }, () => randomUUID())
  const sockets = await openSockets(daemon, 100)
  for (let from = 0; from < ids.length; from += sockets.length)
    await Promise.all(
      sockets.map((socket, index) =>
        ended(socket, { type: 'ask', id: ids[from + index], question: QUESTION, engine: 'extractive' }),
      ),
    )
  for (const socket of sockets) socket.terminate()
  const begun = performance.now()
  let again = 0
  const times = await Promise.all(
    ids.map(async (id) => {
      for (let attempt = 0; ; attempt += 1) {
        try {
          const [socket] = await openSockets(daemon, 1)
          if (socket === undefined) throw new Error('no socket')
          await ended(socket, { type: 'resume', id, epoch: 1, seq: 2 })
          socket.terminate()
          return performance.now() - begun
        } catch (error) {
          // As clients do: what is refused in a crowd is tried again a little later.
          if (attempt === MOST_ATTEMPTS) throw error
          again += 1
          await sleep(backoffMs(attempt + 1, { firstMs: 250, longestMs: 15_000 }))
        }
      }
    }),
  )
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0)
  console.log(
    `${times.length} of ${RETURNING} clients that reconnect at once have the rest of their answers: p50 ${at(0.5)} ms, the last ${at(1)} ms; ${again} attempts were refused and made again`,
  )
}

function ended(socket: WebSocket, request: Record<string, unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    const lost = () => reject(new Error('closed'))
    const hear = (data: Buffer) => {
      const { type, message } = messageSchema.parse(JSON.parse(String(data)))
      if (type !== 'done' && type !== 'error') return
      socket.off('message', hear)
      socket.off('close', lost)
      if (type === 'done') resolve()
      else reject(new Error(message))
    }
    socket.on('message', hear)
    socket.once('close', lost)
    socket.send(JSON.stringify(request))
  })
}

function openSockets({ host, token }: TestDaemon, count: number): Promise<WebSocket[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = new WebSocket(`ws://${host}/ws`, {
        perMessageDeflate: false,
        headers: { authorization: `Bearer ${token}` },
      })
      await once(socket, 'open')
      socket.on('error', () => undefined)
      const welcome = once(socket, 'message')
      socket.send(JSON.stringify({ type: 'hello' }))
      await welcome
      return socket
    }),
  )
}

function cpuSeconds({ process: { pid } }: TestDaemon): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND
}
