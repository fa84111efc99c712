import type { RouteResponse } from '../src/api/routes.ts'
import { ChatbotCommand } from './common/command.ts'
import { bytes, count, duration, time } from './common/format.ts'
import { fields } from './common/table.ts'

export default class Status extends ChatbotCommand {
  static override summary = 'Show what the daemon is doing.'
  static override description = 'Does not start it. Exit status 5 when none runs.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Status)
    const loaded = await this.settings(flags)
    if (this.target.kind === 'remote') {
      const status = await (await this.api(loaded)).call('status', {})
      this.log(fields([['Server', this.target.server], ...lines(status)]))
      return { running: true, ...status }
    }
    const { config } = loaded
    const { daemonHealth } = await import('../daemon/launch.ts')
    const health = await daemonHealth(config.dataDir)
    if (health === undefined) {
      this.log(`No daemon runs on ${config.dataDir}. Start it: chatbot start`)
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
    this.log(fields(lines(status)))
    if (status.version !== this.config.version) {
      this.talk(
        `This program is ${this.config.version}, the daemon ${status.version}: run \`chatbot restart\`.`,
      )
    }
    return { running: true, ...status }
  }
}

function lines(status: RouteResponse<'status'>): [string, string][] {
  const { cache, eventLoopDelayMs: delay, embedder } = status
  return [
    ['Daemon', `${status.version}, pid ${status.pid}, ${status.draining ? 'draining' : 'ready'}`],
    ['Since', `${time(status.startedAt)} (${duration(status.uptimeSeconds * 1000)})`],
    [
      'Stops',
      status.idleStopMinutes === null ? 'when told to' : `after ${status.idleStopMinutes} idle minutes`,
    ],
    ...(status.dataDir === '' ? [] : [['Data', status.dataDir] satisfies [string, string]]),
    ['Listens', status.listen ?? 'on its local socket only'],
    ...(status.tokenFile === null ? [] : [['Token', status.tokenFile] satisfies [string, string]]),
    ['Database', status.database],
    [
      'Embedder',
      `${embedder.model} for new collections, in memory: ${embedder.loaded.join(', ')}; ${count(embedder.queued, 'text')} waiting`,
    ],
    ['Engine', status.engine],
    ['Now', `${count(status.sockets, 'connection')}, ${count(status.asksInFlight, 'answer')} running`],
    ...status.indexing.map(({ collection, documents }): [string, string] => [
      'Indexing',
      `${count(documents, 'document')} of ${collection} cannot be found yet (chatbot jobs list)`,
    ]),
    [
      'Cache',
      `${count(cache.entries, 'answer')}, ${count(cache.hits, 'hit')}, ${count(cache.misses, 'miss', 'misses')}`,
    ],
    ['Memory', bytes(status.memoryBytes)],
    ['Loop delay', `p99 ${delay.p99} ms, max ${delay.max} ms`],
    ...status.components
      .filter(({ state }) => state !== 'ok')
      .map(({ name, state, detail }): [string, string] => [name, `${state}: ${detail}`]),
  ]
}
