import { ChatbotCommand } from './common/command.ts'

export default class Stop extends ChatbotCommand {
  static override summary = 'Stop the daemon after its running answers.'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Stop)
    const loaded = await this.settings(flags)
    const { stopDaemon } = await import('../src/client/launch.ts')
    const owner = await stopDaemon(loaded)
    this.log(
      owner === undefined ? 'No daemon is running.' : `The daemon (pid ${owner.pid ?? '?'}) has stopped.`,
    )
    return { stopped: owner !== undefined, dataDir: loaded.config.dataDir, pid: owner?.pid }
  }
}
