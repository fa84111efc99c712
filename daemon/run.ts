/** The daemon's life: lock, listen, compose, serve, drain, stop. */
import { rmSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { acquireLock, closeToOthers, generatedSecret, prepareDataDir } from '../src/config/data-dir.ts'
import type { LoadedConfig } from '../src/config/load.ts'
import { runtimePaths } from '../src/config/runtime-paths.ts'
import { version } from '../src/config/version.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import { startTracing, tracingWanted } from '../src/telemetry/tracing.ts'
import { duration } from '../src/text/amounts.ts'
import { compose } from './compose.ts'
import { logCrashes } from './crash.ts'
import { type Gate, limitedByAddress, localGate, scrapeGate, tcpGate } from './gate.ts'
import { idleConnections } from './http/connections.ts'
import { buildHttp } from './http/server.ts'
import { type Logger, openLog } from './log.ts'
import { createMetrics } from './metrics.ts'
import { watchRevocations } from './revocations.ts'
import { type Life, type Services, servicesOf } from './services.ts'
import { socketServer } from './socket/server.ts'

export interface DaemonOptions {
  readonly loaded: LoadedConfig
  /** Logs go to stdout instead of the log file. */
  readonly foreground: boolean
  /** Started by a command on demand: stops by itself when idle. */
  readonly stopWhenIdle: boolean
  /** Called once, when questions can be asked. */
  onReady?: () => void
}

/** PGlite has no autovacuum: the daemon vacuums when idle. */
const MAINTENANCE_MS = 10 * 60_000

const LAST_RESPONSES_MS = 1000

/** Runs the daemon until it is stopped; throws if it cannot start. */
export async function runDaemon({ loaded, foreground, stopWhenIdle, onReady }: DaemonOptions): Promise<void> {
  const { config } = loaded
  // For everything that this process, its workers and its children write: documents are private.
  process.umask(0o077)
  const paths = runtimePaths(config.dataDir)
  prepareDataDir(config.dataDir, paths)
  const lock = acquireLock(paths, config.dataDir)
  const rights = closeToOthers(config.dataDir)
  const log = await openLog(config, foreground ? 'stdout' : { logDir: paths.logDir })
  logCrashes(log)
  for (const warning of loaded.warnings) log.warn(warning)
  if (rights.closed.length > 0)
    log.warn({ paths: rights.closed }, 'others could read these; they no longer can')
  if (rights.open.length > 0)
    log.warn({ paths: rights.open }, 'others can read these, and their modes could not be changed')
  const endTracing = tracingWanted(process.env)
    ? await startTracing(process.env, 'chatbot', version)
    : undefined
  const metrics = createMetrics(version)

  const closing = new AbortController()
  const stopping = Promise.withResolvers<{ reason: string; error?: ChatbotError }>()
  let lastWork = Date.now()
  const life: Life = {
    phase: { name: 'starting', awaiting: 'it is initialising' },
    version,
    startedAt: new Date(),
    touch: () => {
      lastWork = Date.now()
    },
    stop: (reason) => stopping.resolve({ reason }),
    closing: closing.signal,
    listen: null,
    idleStopMinutes: stopWhenIdle ? config.daemon.idleMinutes : null,
    sockets: () => sockets.size(),
  }
  const sockets = socketServer(life, config, log)
  const servers: FastifyInstance[] = []
  const onSignal = (signal: NodeJS.Signals) => life.stop(signal)
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)

  const announce = () =>
    lock.announce({ pid: process.pid, version, startedAt: life.startedAt.toISOString(), listen: life.listen })

  const scrapes = scrapeGate(config.server.metricsToken)
  let services: Services | undefined
  try {
    const serve = async (
      gate: Gate,
      local: boolean,
      where: { path: string } | { host: string; port: number },
    ) => {
      const connections = local ? undefined : idleConnections(config.server)
      const app = buildHttp({
        life,
        gate,
        log,
        local,
        metrics,
        times: config.server,
        connections,
        allowedOrigins: local ? [] : config.server.allowedOrigins,
        mayScrape: local || config.server.openMetrics ? () => true : scrapes,
      })
      sockets.attach(app.server, gate, connections)
      servers.push(app)
      await app.listen(where)
      app.server.on('error', (error) => log.warn({ err: error }, 'could not accept a connection'))
    }
    announce()
    // Left by a killed daemon; holding the lock means that no daemon uses it.
    rmSync(paths.socket, { force: true })
    await serve(localGate, true, { path: paths.socket })
    if (config.server.tcp) {
      const { host, port, allowedHosts, allowedOrigins } = config.server
      const gate = limitedByAddress(
        tcpGate({
          localToken: generatedSecret(paths.token),
          authenticate: (token) => servicesOf(life).auth.authenticate(token),
          enabled: config.auth.enabled,
          host,
          allowedHosts,
          allowedOrigins,
        }),
        config,
      )
      await serve(gate, false, { host, port }).catch(async (error: unknown) => {
        // Commands need only the socket: nobody has asked for this port.
        if (!stopWhenIdle || loaded.sources.has('server.port') || !isTaken(error))
          throw listenError(error, host, port)
        log.warn({ port }, 'the port is in use by another program: a free one is taken')
        await serve(gate, false, { host, port: 0 })
      })
      life.listen = address(servers.at(-1), host)
    }
    announce()
    log.info({ version, pid: process.pid, dataDir: config.dataDir, listen: life.listen }, 'daemon starting')

    const begun = await compose({
      loaded,
      log,
      metrics,
      onProgress: (awaiting) => {
        life.phase = { name: 'starting', awaiting }
      },
      onFatal: (error) => stopping.resolve({ reason: error.message, error }),
    })
    services = begun
    metrics.watch(begun, sockets)
    life.phase = { name: 'ready', services: begun }
    log.info({ ms: Date.now() - life.startedAt.getTime() }, 'daemon ready')
    onReady?.()

    const timers = [
      setInterval(() => maintainWhenQuiet(begun, log), MAINTENANCE_MS),
      ...(stopWhenIdle ? [idleTimer(begun, life, () => lastWork, config.daemon.idleMinutes)] : []),
    ]
    const endWatch = watchRevocations(life, sockets, log)
    const { reason, error } = await stopping.promise
    for (const timer of timers) clearInterval(timer)
    endWatch()
    log.info({ reason }, 'daemon draining')
    life.phase = { name: 'draining', services: begun }
    sockets.announceDraining(config.server.drainMs)
    await begun.answers.drain(error === undefined ? config.server.drainMs : 0)
    if (error !== undefined) throw error
  } catch (error) {
    log.fatal({ err: error }, 'daemon failed')
    throw error
  } finally {
    closing.abort(
      new ChatbotError('draining', 'The daemon is shutting down. Try again in a moment.', {
        retryAfterMs: 2000,
      }),
    )
    await sockets.close('draining')
    await closeServers(servers)
    await services?.close()
    rmSync(paths.socket, { force: true })
    await endTracing?.()
    log.info('daemon stopped')
    // A log without a reader (a closed pipe) must not keep the daemon running.
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, LAST_RESPONSES_MS)
      log.flush(() => {
        clearTimeout(late)
        resolve()
      })
    })
    lock.release()
    process.off('SIGTERM', onSignal)
    process.off('SIGINT', onSignal)
  }
}

/** Gives running requests a moment, then closes their connections and idle ones. */
async function closeServers(servers: readonly FastifyInstance[]): Promise<void> {
  const closed = Promise.allSettled(servers.map((server) => server.close()))
  const cutting = setTimeout(() => {
    for (const { server } of servers) server.closeAllConnections()
  }, LAST_RESPONSES_MS)
  await closed
  clearTimeout(cutting)
}

function idleTimer(
  services: Services,
  life: Life,
  lastWork: () => number,
  idleMinutes: number,
): NodeJS.Timeout {
  const idleMs = idleMinutes * 60_000
  return setInterval(
    () => {
      const busy =
        life.sockets() > 0 ||
        services.answers.inFlight() > 0 ||
        services.queuedTexts() > 0 ||
        services.jobs.busy() > 0
      if (busy) life.touch()
      else if (Date.now() - lastWork() > idleMs) life.stop(`idle for ${duration(idleMs)}`)
    },
    Math.min(idleMs / 4, 30_000),
  )
}

function maintainWhenQuiet(services: Services, log: Logger): void {
  if (services.answers.inFlight() > 0 || services.queuedTexts() > 0 || services.jobs.busy() > 0) return
  services.ports.store.maintain().catch((error: unknown) => log.warn({ err: error }, 'maintenance failed'))
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined)

const isTaken = (error: unknown): boolean => codeOf(error) === 'EADDRINUSE'

function listenError(error: unknown, host: string, port: number): ChatbotError {
  const code = codeOf(error)
  if (isTaken(error)) {
    return new ChatbotError(
      'port_taken',
      `Port ${port} of ${host} is in use by another program. Choose another with CHATBOT_SERVER_PORT (0: any free one), or \`chatbot config set server.port\`.`,
    )
  }
  if (code === 'EACCES') {
    return new ChatbotError(
      'port_taken',
      `Port ${port} needs privileges that this user does not have. Choose one above 1023 with CHATBOT_SERVER_PORT.`,
    )
  }
  return ChatbotError.wrap(error, 'port_taken', `Cannot listen on ${host}:${port}: `)
}

function address(app: FastifyInstance | undefined, host: string): string | null {
  const bound = app?.server.address()
  if (bound === null || bound === undefined || typeof bound === 'string') return null
  return `http://${host.includes(':') ? `[${host}]` : host}:${bound.port}`
}
