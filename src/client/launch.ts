/** Finds, starts and stops the daemon of a data directory. */

import { fork } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { healthSchema } from '../api/schemas.ts'
import type { Owner } from '../config/data-dir.ts'
import type { LoadedConfig } from '../config/load.ts'
import { type RuntimePaths, runtimePaths } from '../config/runtime-paths.ts'
import { version } from '../config/version.ts'
import { ChatbotError } from '../domain/errors.ts'
import { parseJsonOrUndefined } from '../domain/json.ts'
import { errorBodySchema } from '../protocol/shapes.ts'
import { duration } from '../text/amounts.ts'
import type { DaemonAddress } from './client.ts'

const startReportSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('failed'), error: errorBodySchema }),
])

/** What a starting daemon reports to the process that forked it. */
export type StartReport = z.infer<typeof startReportSchema>

/** `busy`: it listens but does not respond; `detail` says what it waits for or what fails. */
export interface Health {
  readonly status: z.infer<typeof healthSchema>['status'] | 'busy'
  readonly version?: string
  readonly detail?: string | undefined
}

const POLL_MS = 50
const RESPONSE_MS = 3000
/** Time for a daemon to stop, in addition to the grace period for running answers. */
const STOP_MS = 15_000

export interface LaunchOptions {
  readonly loaded: LoadedConfig
  readonly env: NodeJS.ProcessEnv
  /** False: the daemon runs until it is stopped. */
  readonly stopWhenIdle: boolean
}

/**
 * Returns the daemon's socket once a daemon of this version is ready on it. Starts one if none is running, or when
 * the running one has drained and exited; then `onStarting` is called once.
 */
export async function ensureDaemon(
  options: LaunchOptions & { onStarting?: (message: string) => void },
): Promise<DaemonAddress> {
  const { config } = options.loaded
  const { dataDir, daemon } = config
  let deadline = Date.now() + daemon.startTimeoutMs
  let announced = false
  let drained = false
  for (;;) {
    const health = await daemonHealth(dataDir)
    if (health !== undefined && isReady(health)) return endpointOf(dataDir, health)
    if (health?.status === 'draining' && !drained) {
      drained = true
      deadline += config.server.drainMs + STOP_MS
    }
    let held: ChatbotError | undefined
    if (health === undefined) {
      if (!announced) {
        const until = options.stopWhenIdle ? `it stops after ${daemon.idleMinutes} idle minutes; ` : ''
        options.onStarting?.(`Starting the daemon (${until}data in ${dataDir})…`)
      }
      announced = true
      held = await startDaemon(options).then(() => undefined, unlessHeld)
    } else if (health.status !== 'draining') {
      checkVersion(health)
    }
    if (Date.now() > deadline) throw held ?? notReady(health)
    await sleep(POLL_MS)
  }
}

/** The socket of the running daemon; throws `daemon_unreachable` if none is ready. */
export async function runningDaemon({ config }: LoadedConfig): Promise<DaemonAddress> {
  const health = await daemonHealth(config.dataDir)
  if (health !== undefined && isReady(health)) return endpointOf(config.dataDir, health)
  throw new ChatbotError(
    'daemon_unreachable',
    health === undefined ? 'No daemon is running; asking a question starts one.' : describe(health),
  )
}

const isReady = ({ status }: Health) => status === 'ok' || status === 'degraded'

function endpointOf(dataDir: string, health: Health): DaemonAddress {
  checkVersion(health)
  return { kind: 'local', socketPath: runtimePaths(dataDir).socket }
}

/** Another command was faster, or a daemon that no longer listens still holds the lock. */
function unlessHeld(error: unknown): ChatbotError {
  if (error instanceof ChatbotError && error.code === 'daemon_running') return error
  throw error
}

function checkVersion(health: Health): void {
  if (health.version === undefined || health.version === version) return
  throw new ChatbotError(
    'version_mismatch',
    `This is chatbot ${version}, but the running daemon is ${health.version}. Run \`chatbot restart\`.`,
  )
}

const notReady = (health: Health | undefined) =>
  new ChatbotError(
    'timeout',
    `${health === undefined ? 'The daemon is not running.' : describe(health)} \`chatbot logs\` has the details.`,
  )

const describe = ({ status, detail }: Health) =>
  `The daemon is ${status}${detail === undefined ? '' : `: ${detail}`}.`

/** Starts a detached daemon and waits until it is ready; throws the reason if it fails to start. */
export async function startDaemon({ loaded, env, stopWhenIdle }: LaunchOptions): Promise<void> {
  const { config } = loaded
  const paths = runtimePaths(config.dataDir)
  const { prepareDataDir } = await import('../config/data-dir.ts')
  prepareDataDir(config.dataDir, paths)
  // For output before the log is open, or from a native crash.
  const lastWords = join(paths.logDir, 'start.err')
  const stderr = openSync(lastWords, 'w', 0o600)
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  const child = fork(
    fileURLToPath(new URL(`../../daemon/main${extension}`, import.meta.url)),
    stopWhenIdle ? ['--stop-when-idle'] : [],
    {
      detached: true,
      cwd: config.dataDir,
      env: { ...env, CHATBOT_DATA_DIR: config.dataDir },
      execArgv: [],
      stdio: ['ignore', 'ignore', stderr, 'ipc'],
    },
  )
  closeSync(stderr)
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGTERM')
        reject(
          new ChatbotError(
            'timeout',
            `The daemon was not ready after ${duration(config.daemon.startTimeoutMs)}. \`chatbot logs\` may have details; daemon.startTimeoutMs sets the limit.`,
          ),
        )
      }, config.daemon.startTimeoutMs)
      const settle = (act: () => void) => {
        clearTimeout(timer)
        act()
      }
      child.on('message', (message) => {
        const report = startReportSchema.parse(message)
        settle(report.type === 'ready' ? resolve : () => reject(ChatbotError.from(report.error)))
      })
      child.on('error', (error) =>
        settle(() =>
          reject(ChatbotError.wrap(error, 'daemon_start_failed', 'The daemon could not be started: ')),
        ),
      )
      child.on('exit', (code, signal) =>
        settle(() => {
          const words = readFileSync(lastWords, 'utf8').trim().split('\n').slice(-3).join('\n')
          reject(
            new ChatbotError(
              'daemon_start_failed',
              `The daemon exited while starting (${signal ?? `status ${code}`}). ${words}`,
            ),
          )
        }),
      )
    })
  } finally {
    child.removeAllListeners()
    if (child.connected) child.disconnect()
    child.unref()
  }
}

/**
 * Drains and stops the running daemon. Resolves when it has exited, to what is known of it, or to undefined if none was
 * running. A daemon that is started meanwhile is left alone.
 */
export async function stopDaemon(loaded: LoadedConfig): Promise<Partial<Owner> | undefined> {
  const { dataDir, server } = loaded.config
  const paths = runtimePaths(dataDir)
  if (!(await listens(paths))) return undefined
  const { readOwner } = await import('../config/data-dir.ts')
  const owner = readOwner(paths)
  const reply = await ask(paths, 'POST', '/api/v1/shutdown')
  // A starting daemon has no services to drain; its signal handler stops it when it is up.
  const accepted = typeof reply === 'object' && reply.status === 200
  if (!accepted && owner !== undefined) terminate(owner.pid)
  const gone = async () => {
    const now = readOwner(paths)
    if (now !== undefined && (now.pid !== owner?.pid || now.startedAt !== owner.startedAt)) return true
    return !(await listens(paths)) && (now === undefined || !lives(now.pid))
  }
  const deadline = Date.now() + server.drainMs + STOP_MS
  while (!(await gone())) {
    if (Date.now() > deadline) {
      throw new ChatbotError(
        'timeout',
        `The daemon with pid ${owner?.pid ?? '?'} does not stop. Kill it with \`kill -9 ${owner?.pid ?? 'PID'}\`: no stored data is lost.`,
      )
    }
    await sleep(POLL_MS)
  }
  return owner ?? {}
}

function terminate(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    // Already gone, as intended.
    if (!isNoProcess(error)) throw error
  }
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return !isNoProcess(error)
  }
}

const isNoProcess = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ESRCH'

/** What the daemon of this data directory reports; undefined if none is listening. */
export async function daemonHealth(dataDir: string): Promise<Health | undefined> {
  const reply = await ask(runtimePaths(dataDir), 'GET', '/readyz')
  if (reply === 'nobody') return undefined
  const health = reply === 'silence' ? undefined : healthSchema.safeParse(reply.body).data
  return health ?? { status: 'busy', detail: 'it does not respond' }
}

/** Whether a daemon is listening, even if it or its database is busy. */
async function listens(paths: RuntimePaths): Promise<boolean> {
  return (await ask(paths, 'GET', '/healthz')) !== 'nobody'
}

/** One small request over the daemon's socket. `silence`: a daemon is there, but did not respond. */
function ask(
  paths: RuntimePaths,
  method: 'GET' | 'POST',
  path: string,
): Promise<{ status: number; body: unknown } | 'nobody' | 'silence'> {
  return new Promise((resolve) => {
    // An `import` of node:http evaluates all its exports including undici, a tenth of a command's start-up time.
    const { request } = process.getBuiltinModule('node:http')
    let connected = false
    const sent = request({ socketPath: paths.socket, method, path, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        text += piece
      })
      response.on('error', () => resolve('silence'))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: parseJsonOrUndefined(text) })
      })
    })
    const timer = setTimeout(() => {
      connected = true
      sent.destroy()
    }, RESPONSE_MS)
    sent.on('socket', (socket) => {
      socket.once('connect', () => {
        connected = true
      })
    })
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // EAGAIN: the backlog of connections is full.
      resolve(connected || error.code === 'EAGAIN' ? 'silence' : 'nobody')
    })
    sent.on('close', () => clearTimeout(timer))
    sent.end()
  })
}
