/** Two daemons of one installation, behind one TCP address. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ApiClient, apiClient } from '../../src/client/api.ts'
import type { DaemonAddress } from '../../src/client/client.ts'
import { version } from '../../src/config/version.ts'
import { startTestDaemon, type TestDaemon } from './daemon.ts'
import { createDatabase } from './database.ts'
import { type FaultProxy, faultProxy } from './fault-proxy.ts'
import { ownPrefix } from './redis.ts'

export interface Replicas extends AsyncDisposable {
  readonly one: TestDaemon
  readonly two: TestDaemon
  /** What clients connect to; leads to `one` until it is told otherwise. */
  readonly front: FaultProxy
  readonly endpoint: DaemonAddress
  readonly api: ApiClient
  readonly token: string
  readonly connectionString: string
  /** A further one, which nothing leads to yet. */
  another: () => Promise<TestDaemon>
  /** New connections go there; those that are open are cut. */
  moveTo: (daemon: TestDaemon) => void
}

/** `postgres`: the way of the daemons to the database. */
export async function startReplicas(
  env: Readonly<Record<string, string>> = {},
  postgres?: FaultProxy,
): Promise<Replicas> {
  const { connectionString, drop } = await createDatabase()
  const reached = new URL(connectionString)
  if (postgres !== undefined) reached.host = `127.0.0.1:${postgres.port}`
  const token = randomBytes(24).toString('hex')
  const keyPrefix = ownPrefix()
  const dirs: string[] = []
  const further: TestDaemon[] = []
  const start = () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'chatbot-replica-'))
    dirs.push(dataDir)
    writeFileSync(join(dataDir, 'token'), token, { mode: 0o600 })
    return startTestDaemon({
      dataDir,
      env: {
        DATABASE_URL: reached.href,
        CHATBOT_REDIS_KEY_PREFIX: keyPrefix,
        ...env,
      },
    })
  }
  const [one, two] = await Promise.all([start(), start()])
  const front = await faultProxy({ url: `http://${one.host}` })
  const endpoint: DaemonAddress = { kind: 'tcp', url: `http://127.0.0.1:${front.port}`, token }
  return {
    one,
    two,
    front,
    endpoint,
    api: apiClient(endpoint, { version }),
    token,
    connectionString,
    async another() {
      const daemon = await start()
      further.push(daemon)
      return daemon
    },
    moveTo(daemon) {
      front.retarget(`http://${daemon.host}`)
      front.cut()
    },
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      await Promise.all([one, two, ...further].map((daemon) => daemon[Symbol.asyncDispose]()))
      for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
      await drop()
    },
  }
}
