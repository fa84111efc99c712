/** Redis as a cluster of three masters, and as a master with a replica that a sentinel watches: real ones. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { describe, it } from 'vitest'
import { packageRoot } from '../../src/config/package-root.ts'
import { until } from './until.ts'

const PASSWORD = 'p@ss/word'
const SENTINEL_PASSWORD = 'another'
const SCRIPT = join(packageRoot(), 'test', 'services', 'redis-server')

const MISSING = 'several Redis servers DID NOT RUN: eval "$(test/services/up)" makes what starts them'

/** Tests that start servers of their own. Where that is impossible they are loudly absent, and with CI=true they fail. */
export function describeRedisServers(name: string, tests: () => void): void {
  if (process.env.REDIS_URL_TEST !== undefined && spawnSync(SCRIPT, ['--check']).status === 0) {
    describe(name, tests)
    return
  }
  it(`${name}: ${MISSING}`, (context) => {
    if (process.env.CI === 'true') throw new Error(MISSING)
    context.skip(MISSING)
  })
}

export interface RedisServer extends AsyncDisposable {
  readonly port: number
  /** Of the administrator. */
  readonly client: Redis
  /** Gone at once; whoever was connected is cut off. */
  stop: () => Promise<void>
}

export interface RedisCluster extends AsyncDisposable {
  readonly url: string
  readonly masters: readonly RedisServer[]
}

export async function redisCluster(): Promise<RedisCluster> {
  const masters = await Promise.all(
    [1, 2, 3].map(async () =>
      startServer([
        ...COMMON,
        'cluster-enabled yes',
        `cluster-port ${await freePort()}`,
        'cluster-announce-ip 127.0.0.1',
      ]),
    ),
  )
  const [first] = masters
  if (first === undefined) throw new Error('no master')
  const share = Math.ceil(SLOTS / masters.length)
  for (const [index, { client, port }] of masters.entries()) {
    const end = Math.min(SLOTS, (index + 1) * share) - 1
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
    await client.call('CLUSTER', 'ADDSLOTSRANGE', index * share, end)
    const [, bus] = await client.config('GET', 'cluster-port')
    if (client !== first.client) await first.client.call('CLUSTER', 'MEET', '127.0.0.1', port, String(bus))
  }
  for (const { client } of masters) {
    const whole = /cluster_state:ok[\s\S]*cluster_known_nodes:3[\s\S]*cluster_size:3/
    await holds(async () => whole.test(String(await client.call('CLUSTER', 'INFO'))))
  }
  return {
    // Two of three: the others are found.
    url: `redis+cluster://default:${encodeURIComponent(PASSWORD)}@${masters
      .slice(0, 2)
      .map(({ port }) => `127.0.0.1:${port}`)
      .join(',')}`,
    masters,
    [Symbol.asyncDispose]: () => endAll(masters),
  }
}

export interface WatchedRedis extends AsyncDisposable {
  readonly url: string
  /** The master that the sentinel names now. */
  master: () => Promise<RedisServer>
  /** The sentinel makes the replica the master, as an administrator tells it to; the old master lives on. */
  failOver: () => Promise<void>
  /** How long a master may be silent from now on. */
  patience: (ms: number) => Promise<void>
}

export async function watchedRedis(): Promise<WatchedRedis> {
  const first = await startServer(COMMON)
  const second = await startServer([...COMMON, `replicaof 127.0.0.1 ${first.port}`])
  const servers = [first, second]
  const says = async ({ client }: RedisServer, line: string) =>
    (await client.info('replication')).includes(line)
  await holds(() => says(second, 'master_link_status:up'))
  const sentinel = await startServer(
    [
      'bind 127.0.0.1',
      `requirepass ${SENTINEL_PASSWORD}`,
      `sentinel monitor mymaster 127.0.0.1 ${first.port} 1`,
      `sentinel auth-pass mymaster ${PASSWORD}`,
      'sentinel down-after-milliseconds mymaster 60000',
      'sentinel failover-timeout mymaster 10000',
    ],
    { password: SENTINEL_PASSWORD, args: ['--sentinel'] },
  )
  await holds(async () => String(await sentinel.client.call('SENTINEL', 'MASTERS')).includes('num-slaves,1'))

  async function master(): Promise<RedisServer> {
    const address = await sentinel.client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'mymaster')
    const found = servers.find(({ port }) => String(address) === `127.0.0.1,${port}`)
    if (found === undefined) throw new Error(`the sentinel names ${address}`)
    return found
  }
  return {
    url: `redis+sentinel://default:${encodeURIComponent(PASSWORD)}@127.0.0.1:${sentinel.port}/mymaster/0?sentinelPassword=${SENTINEL_PASSWORD}`,
    master,
    async failOver() {
      const old = await master()
      await sentinel.client.call('SENTINEL', 'FAILOVER', 'mymaster')
      await holds(async () => (await master()) !== old)
      // Otherwise there is no replica that could become the next master.
      await holds(() => says(old, 'master_link_status:up'))
      await holds(async () =>
        String(await sentinel.client.call('SENTINEL', 'REPLICAS', 'mymaster')).includes(
          'master-link-status,ok',
        ),
      )
    },
    async patience(ms) {
      await sentinel.client.call('SENTINEL', 'SET', 'mymaster', 'down-after-milliseconds', ms)
    },
    [Symbol.asyncDispose]: () => endAll([sentinel, ...servers]),
  }
}

const holds = (fits: () => Promise<boolean>) => until(async () => (await fits()) || undefined)

const SLOTS = 16_384
const COMMON = [
  'bind 127.0.0.1',
  `requirepass ${PASSWORD}`,
  `masterauth ${PASSWORD}`,
  'save ""',
  'repl-diskless-sync-delay 0',
]

async function startServer(
  config: readonly string[],
  { password = PASSWORD, args = [] }: { password?: string; args?: readonly string[] } = {},
): Promise<RedisServer> {
  const port = await freePort()
  const child = spawn(SCRIPT, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  let log = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (log += text))
  child.stdin.end(`port ${port}\n${config.join('\n')}\n`)
  const exited = once(child, 'exit')
  const client = new Redis({ port, password, maxRetriesPerRequest: null, retryStrategy: () => 50 })
  client.on('error', () => undefined)
  const state = await Promise.race([client.ping(), exited.then(() => 'exited')])
  if (state !== 'PONG') {
    client.disconnect()
    throw new Error(`redis-server did not start: ${log}`)
  }
  return {
    port,
    client,
    async stop() {
      client.call('SHUTDOWN', 'NOSAVE', 'NOW', 'FORCE').catch(() => undefined)
      await exited
      client.disconnect()
    },
    async [Symbol.asyncDispose]() {
      client.disconnect()
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await exited
    },
  }
}

async function endAll(servers: readonly RedisServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()))
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
