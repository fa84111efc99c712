import { basename } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { z } from 'zod'
import type { statusSchema } from '../../src/api/routes/daemon.ts'
import { runtimePaths } from '../../src/config/runtime-paths.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import type { Job } from '../../src/domain/job.ts'
import type { Principal } from '../../src/domain/principal.ts'
import type { Life, Services } from '../services.ts'

type Status = z.input<typeof statusSchema>

/** Delay of the server's event loop since the daemon started. */
const loopDelay = monitorEventLoopDelay({ resolution: 10 })
loopDelay.enable()

export const resetLoopDelay = (): void => loopDelay.reset()

export async function status(services: Services, life: Life, principal: Principal): Promise<Status> {
  const { ports, loaded } = services
  const { config } = loaded
  // The machine's user gets an answer even while the database is down.
  const administers = await ports.store.grants.require(principal, 'admin').then(
    () => true,
    () => false,
  )
  const database = await databaseState(services, administers)
  return {
    version: life.version,
    pid: process.pid,
    startedAt: life.startedAt.toISOString(),
    uptimeSeconds: Math.round(process.uptime()),
    ready: life.phase.name === 'ready' && database.state === 'ok',
    draining: life.phase.name === 'draining',
    dataDir: administers ? config.dataDir : '',
    listen: administers ? life.listen : null,
    tokenFile: administers && life.listen !== null ? runtimePaths(config.dataDir).token : null,
    database: database.detail,
    embedder: {
      model: administers ? config.embedder.model : basename(config.embedder.model),
      loaded: services.loadedModels(),
      queued: services.queuedTexts(),
    },
    engine: ports.generators.withFallbacks().id,
    sockets: life.sockets(),
    asksInFlight: services.answers.inFlight(),
    indexing: await ports.store.staging.pending(principal).catch(() => []),
    idleStopMinutes: life.idleStopMinutes,
    memoryBytes: process.memoryUsage.rss(),
    eventLoopDelayMs: {
      mean: milliseconds(loopDelay.mean),
      p99: milliseconds(loopDelay.percentile(99)),
      max: milliseconds(loopDelay.max),
    },
    cache: await cacheState(services, principal, database.state),
    pool: ports.store.pool(),
    jobs: (await ports.store.jobs.running(principal).catch(() => [])).map(job),
    // Statistics over all users' questions, like the metrics.
    ...(administers ? await services.figures() : { latency: [], tokens: [] }),
    components: [database, ...redisState(services, administers)],
  }
}

/** In the form of the HTTP API. */
export const job = ({ createdAt, updatedAt, finishedAt, ...rest }: Job) => ({
  ...rest,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
  finishedAt: finishedAt?.toISOString() ?? null,
})

async function cacheState(
  { cache }: Services,
  principal: Principal,
  database: Status['components'][number]['state'],
): Promise<Status['cache']> {
  const { hits, misses } = cache.counts()
  const { entries } = database === 'ok' ? await cache.stats(principal) : { entries: 0 }
  return { entries, hits: hits.exact + hits.semantic, ...hits, misses }
}

async function databaseState(
  { ports }: Services,
  administers: boolean,
): Promise<Status['components'][number]> {
  try {
    return { name: 'database', state: 'ok', detail: await ports.store.describe() }
  } catch (error) {
    const { message, fullMessage } = ChatbotError.wrap(error)
    return { name: 'database', state: 'down', detail: administers ? fullMessage : message }
  }
}

function redisState({ redis }: Services, administers: boolean): Status['components'] {
  if (redis === undefined) return []
  const { trouble } = redis
  return trouble === undefined
    ? [{ name: 'redis', state: 'ok', detail: 'answers' }]
    : [
        {
          name: 'redis',
          state: 'degraded',
          detail: `answers continue without it, and each daemon counts limits separately${administers ? `: ${trouble}` : ''}`,
        },
      ]
}

/** The histogram counts nanoseconds, including its own 10 ms tick. */
const milliseconds = (nanoseconds: number) =>
  Number.isFinite(nanoseconds) ? Math.max(0, Math.round(nanoseconds / 1e4 - 1000) / 100) : 0
