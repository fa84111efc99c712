/** The daemon's life: one owner, readiness, draining, crashes, idle stop, what keeps it from starting. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, lstatSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  daemonHealth,
  ensureDaemon,
  runningDaemon,
  startDaemon,
  stopDaemon,
} from '../../src/client/launch.ts'
import { connect } from '../../src/client/socket/connect.ts'
import { loadConfig } from '../../src/config/load.ts'
import { runtimePaths } from '../../src/config/runtime-paths.ts'
import { version } from '../../src/config/version.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { fakeOpenai, open, write } from '../support/fake-openai.ts'
import { greeted } from '../support/raw-socket.ts'
import { readyDataDir } from '../support/ready.ts'
import { upload } from '../support/upload.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await readyDataDir()
})
afterEach(async () => {
  await stopDaemon(load()).catch(() => undefined)
  rmSync(dataDir, { recursive: true, force: true })
})

const environment = (more: Record<string, string> = {}) => ({
  ...process.env,
  CHATBOT_DATA_DIR: dataDir,
  CHATBOT_SERVER_PORT: '0',
  ...more,
})
const load = (more: Record<string, string> = {}) => loadConfig({ env: environment(more) })
const launch = (more: Record<string, string> = {}) => ({
  loaded: load(more),
  env: environment(more),
  stopWhenIdle: true,
})

/** For what the first start of all makes by itself. */
const withoutDatabase = () => rmSync(runtimePaths(dataDir).database, { recursive: true })

/** What is in a folder, at any depth, and is not for its owner alone. */
function openBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isSymbolicLink())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => ((lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0)
}

describe('starting', () => {
  test('two commands at once start one daemon, also on a new machine', async () => {
    withoutDatabase()
    const started: string[] = []
    const endpoints = await Promise.all(
      [1, 2].map(() => ensureDaemon({ ...launch(), onStarting: (message) => started.push(message) })),
    )
    expect(endpoints[0]).toEqual(endpoints[1])
    expect(started.length).toBeGreaterThan(0)
    const { pid } = (await stopDaemon(load())) ?? {}
    expect(pid).toBeGreaterThan(0)
    expect(await daemonHealth(dataDir)).toBeUndefined()
  })

  test('a second start says who holds the data directory', async () => {
    await using daemon = await startTestDaemon({ dataDir })
    await expect(startDaemon({ ...launch(), stopWhenIdle: false })).rejects.toMatchObject({
      code: 'daemon_running',
      message: expect.stringContaining(`pid ${daemon.process.pid}`),
    })
  })

  test('nobody else can come near the socket and the token', async () => {
    await using _daemon = await startTestDaemon({ dataDir })
    const paths = runtimePaths(dataDir)
    expect(statSync(paths.socketDir).mode & 0o777).toBe(0o700)
    expect(statSync(paths.token).mode & 0o777).toBe(0o600)
  })

  test('nobody else can read a file of its data directory, also where everybody could before', {
    timeout: 180_000,
  }, async () => {
    const store = (daemon: TestDaemon) => upload(daemon, 'docs', 'a.md', 'The harbour opens at seven.')
    withoutDatabase()
    // Who starts it may have any umask, and the folder may have been there.
    chmodSync(dataDir, 0o755)
    const first = await startTestDaemon({ dataDir })
    await store(first)
    expect(openBelow(dataDir)).toEqual([])
    await first[Symbol.asyncDispose]()

    execFileSync('chmod', ['-R', 'a+rX', dataDir])
    await using second = await startTestDaemon({ dataDir })
    expect(second.log()).toContain('others could read these; they no longer can')
    expect(second.log()).toContain(JSON.stringify(runtimePaths(dataDir).database))
    await store(second)
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
    expect(
      readdirSync(dataDir).filter((name) => (lstatSync(join(dataDir, name)).mode & 0o077) !== 0),
    ).toEqual([])
    // Another user, where the tests may become one.
    if (process.getuid?.() !== 0) return
    chmodSync(dataDir, 0o755)
    const nobody = [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      'find',
      dataDir,
      '-type',
      'f',
      '-readable',
    ]
    expect(spawnSync('setpriv', nobody, { encoding: 'utf8', cwd: '/' }).stdout).toBe('')
  })

  test('a socket and a pid file of a killed daemon are no obstacle', async () => {
    const first = await startTestDaemon({ dataDir })
    first.process.kill('SIGKILL')
    await first.exited
    await using second = await startTestDaemon({ dataDir })
    expect((await second.api.call('status', {})).pid).toBe(second.process.pid)
  })

  test('a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? String(address.port) : ''
    await expect(
      startDaemon({ ...launch({ CHATBOT_SERVER_PORT: port }), stopWhenIdle: false }),
    ).rejects.toMatchObject({
      code: 'port_taken',
      message: expect.stringContaining('CHATBOT_SERVER_PORT'),
    })
    server.close()
  })

  test.each([
    [
      'a data directory that is a file',
      () => writeFileSync(join(dataDir, 'file'), ''),
      { CHATBOT_DATA_DIR: 'file/inside' },
      'data_dir_unusable',
    ],
    [
      'a database directory with garbage in it',
      () => {
        writeFileSync(join(runtimePaths(dataDir).database, 'PG_VERSION'), 'garbage')
      },
      {},
      'database_corrupt',
    ],
    ['an unknown engine', () => undefined, { CHATBOT_ANSWER_ENGINE: 'none' }, 'unknown_engine'],
    [
      'a database that is not there',
      () => undefined,
      { DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' },
      'database_unreachable',
    ],
  ])('%s is a clear error', async (_name, prepare, env, code) => {
    prepare()
    const given =
      'CHATBOT_DATA_DIR' in env ? { CHATBOT_DATA_DIR: join(dataDir, env.CHATBOT_DATA_DIR ?? '') } : env
    const failure = startDaemon({ ...launch(given as Record<string, string>), stopWhenIdle: false })
    await expect(failure).rejects.toMatchObject({ code, message: expect.not.stringContaining('    at ') })
  })
})

describe('while another one is there', () => {
  test('a command that comes while the daemon drains is served by the next one', async () => {
    await using engine = await waitingEngine()
    const daemon = await startTestDaemon({ dataDir, env: engineEnv(engine.baseUrl) })
    await using client = await drainingClient(daemon, engine)
    const { id } = client
    expect(await daemonHealth(dataDir)).toMatchObject({ status: 'draining' })
    const endpoint = ensureDaemon(launch())
    engine.go()
    await client.wait('done', id)
    expect(await endpoint).toEqual(daemon.local)
    expect(await daemon.exited).toBe(0)
    expect((await stopDaemon(load()))?.pid).not.toBe(daemon.process.pid)
  })

  test('one that does not answer is not taken for none', async () => {
    await using daemon = await startTestDaemon({ dataDir })
    daemon.process.kill('SIGSTOP')
    const health = await daemonHealth(dataDir)
    daemon.process.kill('SIGCONT')
    expect(health).toMatchObject({ status: 'busy' })
    await ensureDaemon(launch())
    expect((await daemon.api.call('status', {})).pid).toBe(daemon.process.pid)
  })

  test('an open, idle connection lets the daemon stop, and has it started again for a question', async () => {
    const daemon = await startTestDaemon({ dataDir })
    const looked = Promise.withResolvers<void>()
    const asks: boolean[] = []
    await using chat = await connect(daemon.local, {
      version,
      reconnect: { firstMs: 1, longestMs: 5, attempts: 3 },
      reopen: ({ start }) => {
        asks.push(start)
        if (asks.length > 5) looked.resolve()
        return start ? ensureDaemon(launch()) : runningDaemon(load())
      },
    })
    expect(await stopDaemon(load())).toMatchObject({ pid: daemon.process.pid })
    await looked.promise
    expect(asks).not.toContain(true)
    expect(await daemonHealth(dataDir)).toBeUndefined()
    expect(await chat.search({ query: 'anything' })).toMatchObject({ passages: [] })
    expect(asks.at(-1)).toBe(true)
  })

  test('a daemon that somebody else starts at once does not keep the stop waiting', async () => {
    const daemon = await startTestDaemon({ dataDir })
    const stopping = stopDaemon(load())
    await daemon.exited
    await ensureDaemon(launch())
    expect(await stopping).toMatchObject({ pid: daemon.process.pid })
    expect(await daemonHealth(dataDir)).toMatchObject({ status: 'ok' })
  })

  test('a daemon whose owner file is gone can be stopped', async () => {
    const daemon = await startTestDaemon({ dataDir })
    rmSync(runtimePaths(dataDir).owner)
    expect(await stopDaemon(load())).toEqual({})
    expect(await daemon.exited).toBe(0)
  })
})

describe('ending', () => {
  test('an error that nobody caught is in the log, and the status is 1', async () => {
    const logDir = join(dataDir, 'logs')
    const script = `
      const { openLog } = await import(${JSON.stringify(new URL('../../daemon/log.ts', import.meta.url))})
      const { logCrashes } = await import(${JSON.stringify(new URL('../../daemon/crash.ts', import.meta.url))})
      const log = await openLog({ log: { level: 'info', maxMegabytes: 1, files: 1 } }, { logDir: ${JSON.stringify(logDir)} })
      logCrashes(log)
      Promise.reject(new Error('nobody caught this'))
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' })
    expect((await once(child, 'exit'))[0]).toBe(1)
    expect(readFileSync(join(logDir, 'current.log'), 'utf8')).toContain('nobody caught this')
  })

  test('an idle daemon that a command started stops by itself', async () => {
    const env = { CHATBOT_DAEMON_IDLE_MINUTES: '0.02' }
    await ensureDaemon(launch(env))
    await expect.poll(() => daemonHealth(dataDir), { timeout: 30_000 }).toBeUndefined()
  })

  test('SIGTERM: clients are told, the running answer finishes, sockets close with 4503, status 0', async () => {
    await using engine = await waitingEngine()
    const daemon = await startTestDaemon({ dataDir, env: engineEnv(engine.baseUrl) })
    await using client = await drainingClient(daemon, engine)
    const { id } = client
    expect((await client.ask('Me too?')).last).toMatchObject({
      code: 'draining',
      retryAfterMs: expect.any(Number),
    })
    engine.go()
    expect((await client.events(id)).at(-1)).toMatchObject({ type: 'done', answer: { text: 'At last [1].' } })
    expect(await client.closed).toBe(4503)
    expect(await daemon.exited).toBe(0)
  })

  test('a connection that never says anything does not keep the daemon alive', async () => {
    const daemon = await startTestDaemon({ dataDir })
    const [host, port] = daemon.host.split(':')
    const silent = createConnection({ host, port: Number(port) })
    await once(silent, 'connect')
    daemon.process.kill('SIGTERM')
    expect(await daemon.exited).toBe(0)
    silent.destroy()
  })

  test('kill -9 in mid-answer: the same ask is answered by the next daemon, in epoch 2', async () => {
    let first = true
    const asked = Promise.withResolvers<void>()
    await using engine = await fakeOpenai((response) => {
      open(response)
      write(response, {
        choices: [
          {
            index: 0,
            delta: { content: first ? 'Half of' : 'All of it [1].' },
            finish_reason: first ? null : 'stop',
          },
        ],
      })
      if (!first) response.end('data: [DONE]\n\n')
      first = false
      asked.resolve()
    })
    const daemon = await startTestDaemon({ dataDir, env: engineEnv(engine.baseUrl) })
    await ingestOne(daemon)
    const client = await greeted(daemon)
    const id = client.begin('How much is the tower?', { engine: 'fake' })
    await client.wait('delta', id)
    daemon.process.kill('SIGKILL')
    await daemon.exited
    await client.closed

    await using next = await startTestDaemon({ dataDir, env: engineEnv(engine.baseUrl) })
    await using again = await greeted(next)
    const { events } = await again.ask('How much is the tower?', { id, engine: 'fake' })
    expect(events.slice(0, 2)).toMatchObject([
      { type: 'accepted', epoch: 2 },
      { type: 'restart', epoch: 2, seq: 1, keep: 0 },
    ])
    expect(events.at(-1)).toMatchObject({ type: 'done', epoch: 2, answer: { text: 'All of it [1].' } })
  })
})

const engineEnv = (baseUrl: string) => ({
  CHATBOT_ENGINES_FAKE_BASE_URL: baseUrl,
  CHATBOT_ENGINES_FAKE_MODEL: 'fake-1',
})

const ingestOne = (daemon: TestDaemon) =>
  upload(daemon, 'default', 'time.md', '# Time\n\nIt happens at noon, and all of it at once.')

/** An engine that answers when it is told to. */
async function waitingEngine() {
  const asked = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const server = await fakeOpenai(async (response) => {
    open(response)
    asked.resolve()
    await go.promise
    write(response, { choices: [{ index: 0, delta: { content: 'At last [1].' }, finish_reason: 'stop' }] })
    response.end('data: [DONE]\n\n')
  })
  return { ...server, asked: asked.promise, go: go.resolve }
}

/** A client whose answer runs while its daemon has begun to drain. */
async function drainingClient(
  daemon: Awaited<ReturnType<typeof startTestDaemon>>,
  engine: Awaited<ReturnType<typeof waitingEngine>>,
) {
  await ingestOne(daemon)
  const client = await greeted(daemon)
  const id = client.begin('When was the tower built?', { engine: 'fake' })
  await engine.asked
  daemon.process.kill('SIGTERM')
  await client.wait('draining')
  return { ...client, id }
}
