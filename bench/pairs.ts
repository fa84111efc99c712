/**
 * This checkout against another one, by turns on one machine, so that both see the same moods of it: cached answers a
 * second, and the time to the first token of answers made anew. `make pairs OTHER=../checkout`, five pairs unless told.
 * Needs DATABASE_URL_TEST and REDIS_URL_TEST: eval "$(test/services/up)".
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { WebSocket } from 'ws'
import { ingestFiles } from '../src/client/ingest.ts'
import { startTestDaemon, type TestDaemon } from '../test/support/daemon.ts'
import { createDatabase } from '../test/support/database.ts'
import { ownPrefix, redisUrl } from '../test/support/redis.ts'

const SOCKETS = 50
const CACHED_SECONDS = 8
const NEW_ANSWERS = 100
const QUESTION = 'How long does Murka the cat sleep?'

const [, , other, pairs = '5'] = process.argv
if (other === undefined) throw new Error('usage: node bench/pairs.ts CHECKOUT [PAIRS]')

interface Figures {
  readonly cachedPerSecond: number
  /** Median, milliseconds. */
  readonly firstToken: number
}

const ratios: Figures[] = []
for (let pair = 0; pair < Number(pairs); pair += 1) {
  const [before, now] =
    pair % 2 === 0
      ? [await measured(resolve(other)), await measured(resolve('.'))]
      : (await measuredNowFirst()).toReversed()
  if (before === undefined || now === undefined) throw new Error('a side was not measured')
  ratios.push({
    cachedPerSecond: now.cachedPerSecond / before.cachedPerSecond,
    firstToken: now.firstToken / before.firstToken,
  })
  console.log(
    `pair ${pair + 1}: cached ${now.cachedPerSecond} against ${before.cachedPerSecond} answers/s; first token ${now.firstToken} against ${before.firstToken} ms`,
  )
}
console.log(
  `median of ${pairs} pairs: cached answers a second ${middle(ratios.map(({ cachedPerSecond }) => cachedPerSecond))} times the other, first token ${middle(ratios.map(({ firstToken }) => firstToken))} times`,
)

function middle(values: readonly number[]): string {
  return (values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0).toFixed(3)
}

async function measuredNowFirst(): Promise<Figures[]> {
  return [await measured(resolve('.')), await measured(resolve(other ?? ''))]
}

/** On a database of its own, which the earlier turns have not filled. */
async function measured(checkout: string): Promise<Figures> {
  const { connectionString, drop } = await createDatabase()
  const daemon = await startTestDaemon({
    entry: join(checkout, 'test/support/daemon-entry.ts'),
    env: {
      DATABASE_URL: connectionString,
      REDIS_URL: redisUrl(),
      CHATBOT_REDIS_KEY_PREFIX: ownPrefix(),
      CHATBOT_LOG_LEVEL: 'warn',
      CHATBOT_SERVER_MAX_ASKS: '1000',
    },
  })
  try {
    await ingest(daemon)
    const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => open(daemon)))
    const [first] = sockets
    if (first === undefined) throw new Error('no socket')
    const tokens: number[] = []
    for (let index = 0; index < NEW_ANSWERS; index += 1) tokens.push(await ask(first, 'delta', false))
    await Promise.all(sockets.map((socket) => ask(socket, 'done')))
    let answers = 0
    const end = performance.now() + CACHED_SECONDS * 1000
    await Promise.all(
      sockets.map(async (socket) => {
        for (; performance.now() < end; answers += 1) await ask(socket, 'done')
      }),
    )
    for (const socket of sockets) socket.terminate()
    return {
      cachedPerSecond: Math.round(answers / CACHED_SECONDS),
      firstToken: Number(middle(tokens)),
    }
  } finally {
    await daemon[Symbol.asyncDispose]()
    await drop()
  }
}

async function open({ host, token }: TestDaemon): Promise<WebSocket> {
  const socket = new WebSocket(`ws://${host}/ws`, {
    perMessageDeflate: false,
    headers: { authorization: `Bearer ${token}` },
  })
  await once(socket, 'open')
  const welcome = once(socket, 'message')
  socket.send(JSON.stringify({ type: 'hello' }))
  await welcome
  return socket
}

/** Milliseconds from the ask to its first message of that type; resolves after `done`. */
function ask(socket: WebSocket, until: 'delta' | 'done', cache = true): Promise<number> {
  const started = performance.now()
  let ms: number | undefined
  return new Promise((settle, reject) => {
    const onMessage = (data: Buffer) => {
      if (data.includes(`"type":"${until}"`)) ms ??= performance.now() - started
      if (data.includes('"type":"error"')) reject(new Error(data.toString()))
      if (!data.includes('"type":"done"')) return
      socket.off('message', onMessage)
      settle(ms ?? Number.NaN)
    }
    socket.on('message', onMessage)
    socket.send(JSON.stringify({ type: 'ask', id: randomUUID(), question: QUESTION, cache }))
  })
}

async function ingest({ api, dataDir }: TestDaemon): Promise<void> {
  const path = join(dataDir, 'cats.md')
  writeFileSync(path, 'Murka the cat sleeps sixteen hours a day. She eats fish.\n')
  await ingestFiles({
    api,
    collection: 'default',
    files: [{ uri: 'cats.md', path }],
    jobs: 1,
    maxFileBytes: 1e8,
  })
}
