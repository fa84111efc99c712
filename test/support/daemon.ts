/** A real daemon in its own process and data directory, ended with the test. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type ApiClient, apiClient } from '../../src/client/api.ts'
import type { DaemonAddress } from '../../src/client/client.ts'
import { runtimePaths } from '../../src/config/runtime-paths.ts'
import { version } from '../../src/config/version.ts'
import { COMPILE_CACHE, FEW_THREADS, readyDataDir } from './ready.ts'

export interface TestDaemon extends AsyncDisposable {
  readonly dataDir: string
  readonly process: ChildProcess
  readonly local: Extract<DaemonAddress, { kind: 'local' }>
  /** `127.0.0.1:PORT` */
  readonly host: string
  readonly token: string
  readonly api: ApiClient
  /** Resolves with the exit status, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals | null>
  /** What it logged so far. */
  log: () => string
}

export interface TestDaemonOptions {
  readonly env?: Readonly<Record<string, string>>
  /** An earlier daemon's, say; without it one with an empty database, deleted at the end. */
  readonly dataDir?: string
  /** Of another checkout, with a `dataDir` of its own; this one's unless told. */
  readonly entry?: string
}

const ENTRY = fileURLToPath(new URL('./daemon-entry.ts', import.meta.url))

export async function startTestDaemon({
  env = {},
  dataDir: given,
  entry = ENTRY,
}: TestDaemonOptions = {}): Promise<TestDaemon> {
  const dataDir = given ?? (await readyDataDir())
  const child = spawn(process.execPath, [entry], {
    env: {
      PATH: process.env.PATH,
      HOME: dataDir,
      CHATBOT_DATA_DIR: dataDir,
      CHATBOT_SERVER_PORT: '0',
      CHATBOT_LOG_LEVEL: 'debug',
      ...FEW_THREADS,
      ...COMPILE_CACHE,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let log = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (log += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (log += text))
  const exited = once(child, 'exit').then(([code, signal]) => code ?? signal)
  const ready = await Promise.race([
    once(child, 'message').then(([message]) => message),
    exited.then(() => 'exited'),
  ])
  if (ready !== 'ready') throw new Error(`the daemon did not start: ${log}`)

  const paths = runtimePaths(dataDir)
  const owner: { listen: string } = JSON.parse(readFileSync(paths.owner, 'utf8'))
  const local = { kind: 'local', socketPath: paths.socket } as const
  return {
    dataDir,
    process: child,
    local,
    host: owner.listen.replace('http://', ''),
    token: readFileSync(paths.token, 'utf8').trim(),
    api: apiClient(local, { version }),
    exited,
    log: () => log,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        await exited
      }
      if (given === undefined) rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
