/** Real daemons on one PostgreSQL and one Redis, all of which can fail, and the histories that they live through. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type WebSocket from 'ws'
import { z } from 'zod'
import { ask } from '../../../examples/resuming-client.mjs'
import { serverMessages } from '../../../src/protocol/messages.ts'
import { startTestDaemon, type TestDaemon } from '../daemon.ts'
import { createDatabase } from '../database.ts'
import { type FakeOpenai, fakeOpenai, open, write } from '../fake-openai.ts'
import { type FaultProxy, faultProxy } from '../fault-proxy.ts'
import { ownServices } from '../own-services.ts'
import { greeted } from '../raw-socket.ts'
import { ownPrefix } from '../redis.ts'
import { upload } from '../upload.ts'
import type { History, Seen, SeenByClient, StoredAnswer } from './check.ts'
import { type Fault, type Generation, random, type Schedule } from './schedule.ts'

export interface World extends AsyncDisposable {
  readonly daemons: readonly Replica[]
  run: (schedule: Schedule) => Promise<History>
  /** How often an engine was asked to go on with a text that was begun. */
  continued: () => number
}

interface Replica {
  readonly front: FaultProxy
  daemon: TestDaemon
  /** Ends a fault of it that is not over yet. */
  heal: () => Promise<void>
}

export interface WorldOptions {
  readonly daemons: number
  readonly postgres: string
  readonly redis: string
  readonly env?: Readonly<Record<string, string>>
  /** The entry of the so-many-th daemon, of another version say. */
  readonly entry?: (daemon: number) => string | undefined
}

type DaemonFault = Extract<Fault, { readonly kind: 'kill' | 'stop' | 'terminate' }>

/** Kills it; it may have another address then. One at a time: they share a file. */
let restarting: Promise<unknown> = Promise.resolve()
function restartedService(name: 'postgres' | 'redis'): Promise<string> {
  const restarted = restarting.then(async () => (await ownServices('restart', name))[name])
  restarting = restarted.catch(() => undefined)
  return restarted
}

/** Nobody waits longer for an answer, once everything works again. */
const PATIENCE_MS = 60_000

export async function startWorld(options: WorldOptions): Promise<World> {
  const { connectionString, drop } = await createDatabase(options.postgres)
  const database = new URL(connectionString)
  const postgres = await faultProxy({ url: options.postgres })
  const redis = await faultProxy({ url: options.redis })
  let generate: () => Generation = () => ({ pieces: 1, pauseMs: 0 })
  let generation = 0
  let continued = 0
  const engine = await fakeOpenai(async (response, { messages }) => {
    generation += 1
    const own = generation
    const { pieces, pauseMs, breaksAt } = generate()
    if (messages.at(-1)?.role === 'assistant') continued += 1
    open(response)
    for (let piece = 0; piece < pieces && !response.closed; piece += 1) {
      if (piece === breaksAt) {
        response.destroy()
        return
      }
      write(response, {
        choices: [{ index: 0, delta: { content: ` w${own}-${piece}` }, finish_reason: null }],
      })
      await sleep(pauseMs)
    }
    write(response, { choices: [{ index: 0, delta: { content: ' [1].' }, finish_reason: 'stop' }] })
    response.end('data: [DONE]\n\n')
  })
  const token = randomBytes(24).toString('hex')
  const proxied = new URL(postgres.url)
  proxied.pathname = database.pathname
  const env = {
    DATABASE_URL: proxied.href,
    REDIS_URL: redis.url,
    CHATBOT_REDIS_KEY_PREFIX: ownPrefix(),
    CHATBOT_DATABASE_CONNECT_TIMEOUT_MS: '1000',
    CHATBOT_DATABASE_STATEMENT_TIMEOUT_MS: '2000',
    CHATBOT_SERVER_DRAIN_MS: '500',
    CHATBOT_ENGINES_FAKE_BASE_URL: engine.baseUrl,
    CHATBOT_ENGINES_FAKE_MODEL: 'fake',
    CHATBOT_ENGINES_FAKE_CONTINUATION: 'message',
    CHATBOT_ENGINES_FAKE_PARALLEL: '100',
    CHATBOT_ANSWER_ENGINE: 'fake',
    ...options.env,
  }
  const dirs: string[] = []
  const start = (number: number) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'chatbot-history-'))
    dirs.push(dataDir)
    writeFileSync(join(dataDir, 'token'), token, { mode: 0o600 })
    const entry = options.entry?.(number)
    return startTestDaemon({ dataDir, env, ...(entry === undefined ? {} : { entry }) })
  }
  const replicas = await Promise.all(
    Array.from({ length: options.daemons }, async (_, number): Promise<Replica> => {
      const daemon = await start(number)
      return {
        daemon,
        front: await faultProxy({ url: `http://${daemon.host}` }),
        heal: async () => undefined,
      }
    }),
  )
  const [first] = replicas
  if (first !== undefined)
    await upload(
      first.daemon,
      'default',
      'cats.md',
      'Murka the cat sleeps sixteen hours a day. She eats fish.\n',
    )
  const client = new pg.Pool({ connectionString: proxied.href, max: 2 })
  // An idle connection may be lost with its server.
  client.on('error', () => undefined)

  async function run(schedule: Schedule): Promise<History> {
    const next = random(schedule.seed)
    generate = () => schedule.generations(next)
    const begun = performance.now()
    const at = (ms: number) => sleep(Math.max(0, ms - (performance.now() - begun)))
    const sockets = new Map<number, WebSocket>()
    const clients = schedule.clients.map(({ ask: number, daemon, atMs }, index) =>
      recorded(schedule, number, index, daemon, () => at(atMs)),
    )

    function recorded(
      { asks }: Schedule,
      number: number,
      index: number,
      daemon: number,
      begin: () => Promise<void>,
    ): { readonly record: SeenByClient; readonly ended: Promise<void> } {
      const asked = asks[number]
      if (asked === undefined) throw new Error(`no ask ${number}`)
      const seen: Seen[] = []
      const record = { client: index, ask: asked.id, seen, hasEnded: false }
      const urls = replicas.map(({ front }) => `ws://127.0.0.1:${front.port}/ws`)
      const work = async () => {
        await begin()
        await ask({
          ...asked,
          token,
          urls: [...urls.slice(daemon), ...urls.slice(0, daemon)],
          onSocket: (socket: WebSocket) => sockets.set(index, socket),
          onMessage: (message: unknown, text: string) =>
            seen.push(seenOf(message, text, performance.now() - begun)),
        }).catch(() => undefined)
        record.hasEnded = true
      }
      return { record, ended: work() }
    }

    async function apply(fault: Fault): Promise<void> {
      switch (fault.kind) {
        case 'drop':
          sockets.get(fault.client)?.terminate()
          return
        case 'cancel':
          return cancel(schedule.asks[fault.ask]?.id, replicas[fault.daemon])
        case 'redis':
        case 'postgres': {
          const proxy = fault.kind === 'redis' ? redis : postgres
          if (fault.how === 'kill') {
            proxy.retarget(await restartedService(fault.kind))
            return
          }
          proxy[fault.how]()
          await sleep(fault.forMs)
          proxy.heal()
          return
        }
        default:
          return end(fault)
      }
    }

    async function cancel(id: string | undefined, replica: Replica | undefined): Promise<void> {
      if (id === undefined || replica === undefined) return
      const socket = await greeted(replica.daemon).catch(() => undefined)
      socket?.send({ type: 'cancel', id })
      await sleep(500)
      await socket?.[Symbol.asyncDispose]()
    }

    async function end(fault: DaemonFault): Promise<void> {
      const replica = replicas[fault.daemon]
      if (replica === undefined) return
      await replica.heal()
      const { process: child, exited } = replica.daemon
      if (fault.kind === 'stop') {
        child.kill('SIGSTOP')
        const over = sleep(fault.forMs).then(() => void child.kill('SIGCONT'))
        replica.heal = () => over
        await over
        return
      }
      child.kill(fault.kind === 'kill' ? 'SIGKILL' : 'SIGTERM')
      const again = async () => {
        await exited
        await sleep(fault.downMs)
        replica.daemon = await startAgain(fault.daemon)
        replica.front.retarget(`http://${replica.daemon.host}`)
      }
      const over = again()
      replica.heal = () => over
      await over
    }

    /** A daemon that starts while its services are away may fail, as it would in a cluster. */
    async function startAgain(number: number): Promise<TestDaemon> {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await start(number)
        } catch (error) {
          if (attempt === 5) throw error
          await sleep(1000)
        }
      }
    }

    await Promise.all(
      schedule.faults.map(async (fault) => {
        await at(fault.atMs)
        await apply(fault)
      }),
    )
    await Promise.race([Promise.all(clients.map(({ ended }) => ended)), sleep(PATIENCE_MS)])
    for (const socket of sockets.values()) socket.terminate()
    return { clients: clients.map(({ record }) => record), ...(await stored(client, schedule)) }
  }

  return {
    daemons: replicas,
    run,
    continued: () => continued,
    async [Symbol.asyncDispose]() {
      await client.end()
      await Promise.all(
        replicas.map(async ({ daemon, front, heal }) => {
          await heal()
          daemon.process.kill('SIGKILL')
          await daemon.exited
          await front[Symbol.asyncDispose]()
        }),
      )
      await disposeAll(engine, postgres, redis)
      for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
      await drop().catch(() => undefined)
    },
  }
}

async function disposeAll(...all: readonly (FakeOpenai | FaultProxy)[]): Promise<void> {
  for (const each of all) await each[Symbol.asyncDispose]()
}

const numberedSchema = z.looseObject({
  type: z.string(),
  epoch: z.number(),
  seq: z.number(),
  code: serverMessages.error.shape.code.optional(),
})

/** The same text for the same content, in whatever order its fields come. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )

function seenOf(message: unknown, text: string, atMs: number): Seen {
  const { id: _, ...rest } = numberedSchema.parse(message)
  const { type, epoch, seq, code } = rest
  return { type, epoch, seq, code, body: canonical(rest), text, atMs }
}

async function stored(client: pg.Pool, { asks }: Schedule): Promise<Pick<History, 'rows' | 'cached'>> {
  const ids = asks.map(({ id }) => id)
  const rows = await client.query<StoredAnswer>(
    `SELECT id, state, epoch, last_seq AS "lastSeq", text, error_code AS "errorCode",
       ARRAY(SELECT role FROM messages WHERE answer_id = a.id ORDER BY messages.id) AS said
     FROM answers a WHERE id = ANY ($1)`,
    [ids],
  )
  const cached = await client.query<{ source: string; state: string | null; text: string }>(
    `SELECT c.answer_id AS source, a.state, a.text FROM cached_answers c LEFT JOIN answers a ON a.id = c.answer_id
     WHERE c.answer_id = ANY ($1)`,
    [ids],
  )
  return { rows: rows.rows, cached: cached.rows }
}
