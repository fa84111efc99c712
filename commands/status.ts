import type { RouteResponse } from '../src/api/routes.ts'
import { fields, table } from '../src/terminal/table.ts'
import { time } from '../src/terminal/time.ts'
import { bytes, count, duration } from '../src/text/amounts.ts'
import { ChatbotCommand } from './common/command.ts'
import { progressOf, stateOf } from './common/job.ts'

export default class Status extends ChatbotCommand {
  static override summary = 'Show what the daemon is doing.'
  static override description =
    'Latency, cache and tokens count since the daemon started. Does not start the daemon. Exit status 5 if none is running.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Status)
    const loaded = await this.settings(flags)
    if (this.target.kind === 'remote') {
      const status = await (await this.api(loaded)).call('status', {})
      this.log(shown(status, [['Server', this.target.server]]))
      return { running: true, ...status }
    }
    const { config } = loaded
    const { daemonHealth } = await import('../src/client/launch.ts')
    const health = await daemonHealth(config.dataDir)
    if (health === undefined) {
      this.log(`No daemon is running on ${config.dataDir}. Start it: chatbot start`)
      process.exitCode = 5
      return { running: false, dataDir: config.dataDir }
    }
    if (health.status !== 'ok' && health.status !== 'degraded') {
      this.log(`The daemon is ${health.status}${health.detail === undefined ? '' : `: ${health.detail}`}.`)
      process.exitCode = 5
      return { running: true, dataDir: config.dataDir, ...health }
    }
    const [{ apiClient }, { runtimePaths }] = await Promise.all([
      import('../src/client/api.ts'),
      import('../src/config/runtime-paths.ts'),
    ])
    const endpoint = { kind: 'local', socketPath: runtimePaths(config.dataDir).socket } as const
    const api = this.own(apiClient(endpoint, { version: this.config.version }))
    const status = await api.call('status', {})
    this.log(shown(status))
    if (status.version !== this.config.version) {
      this.talk(
        `This program is ${this.config.version}, the daemon ${status.version}: run \`chatbot restart\`.`,
      )
    }
    return { running: true, ...status }
  }
}

type Shown = RouteResponse<'status'>
type Line = [label: string, value: string]

const MAX_JOBS = 5

function shown(status: Shown, first: readonly Line[] = []): string {
  const text = fields([...first, ...lines(status)])
  return status.latency.length === 0 ? text : `${text}\n\n${latencyTable(status.latency)}`
}

function latencyTable(latency: Shown['latency']): string {
  return table(
    [
      { title: 'Stage' },
      { title: 'Times', right: true },
      { title: 'p50', right: true },
      { title: 'p95', right: true },
    ],
    latency.map(({ stage, count, p50Ms, p95Ms }) => [
      stage === 'answer' ? 'whole answer' : stage,
      count.toLocaleString('en-US'),
      duration(p50Ms),
      duration(p95Ms),
    ]),
  )
}

function cacheLine({ entries, exact, semantic, hits, misses }: Shown['cache']): string {
  const kept = count(entries, 'answer')
  const asked = hits + misses
  if (asked === 0) return kept
  return `${kept}; gave ${Math.round((100 * hits) / asked)} % of ${asked.toLocaleString('en-US')}: ${exact.toLocaleString('en-US')} exact, ${semantic.toLocaleString('en-US')} semantic`
}

function jobLines(jobs: Shown['jobs']): Line[] {
  const lines = jobs
    .slice(0, MAX_JOBS)
    .map((job): Line => ['Job', `${job.kind} of ${job.collection}, ${stateOf(job)}: ${progressOf(job)}`])
  if (jobs.length > MAX_JOBS) lines.push(['Job', `and ${jobs.length - MAX_JOBS} more (chatbot jobs list)`])
  return lines
}

function lines(status: Shown): Line[] {
  const { eventLoopDelayMs: delay, embedder, pool } = status
  return [
    ['Daemon', `${status.version}, pid ${status.pid}, ${status.draining ? 'draining' : 'ready'}`],
    ['Since', `${time(status.startedAt)} (${duration(status.uptimeSeconds * 1000)})`],
    [
      'Stops',
      status.idleStopMinutes === null ? 'on request' : `after ${status.idleStopMinutes} idle minutes`,
    ],
    // For administrators.
    ...(status.dataDir === ''
      ? []
      : ([
          ['Data', status.dataDir],
          ['Listens', status.listen ?? 'on its local socket only'],
        ] satisfies Line[])),
    ...(status.tokenFile === null ? [] : [['Token', status.tokenFile] satisfies Line]),
    ['Database', status.database],
    ['Pool', `${pool.busy} busy, ${pool.idle} idle; ${pool.waiting} waiting`],
    [
      'Embedder',
      `${embedder.model} for new collections, in memory: ${embedder.loaded.join(', ')}; ${count(embedder.queued, 'text')} waiting`,
    ],
    ['Engine', status.engine],
    ['Now', `${count(status.sockets, 'connection')}, ${count(status.asksInFlight, 'answer')} running`],
    ...status.indexing.map(
      ({ collection, documents }): Line => [
        'Indexing',
        `${count(documents, 'document')} of ${collection} cannot be found yet (chatbot jobs list)`,
      ],
    ),
    ...jobLines(status.jobs),
    ['Cache', cacheLine(status.cache)],
    ...status.tokens.map(
      ({ engine, prompt, completion }): Line => [
        'Tokens',
        `${engine}: ${prompt.toLocaleString('en-US')} read, ${completion.toLocaleString('en-US')} written`,
      ],
    ),
    ['Memory', bytes(status.memoryBytes)],
    ['Loop delay', `p99 ${duration(delay.p99)}, max ${duration(delay.max)}`],
    ...status.components
      .filter(({ state }) => state !== 'ok')
      .map(({ name, state, detail }): Line => [name, `${state}: ${detail}`]),
  ]
}
