import { ChatbotCommand } from './common/command.ts'

export default class Restart extends ChatbotCommand {
  static override summary = 'Stop the daemon and start it again.'
  static override description =
    'Run it after updating chatbot or changing its configuration. The daemon then runs until `chatbot stop`.'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Restart)
    const loaded = await this.settings(flags)
    const { dataDir } = loaded.config
    const { startDaemon, stopDaemon } = await import('../src/client/launch.ts')
    const { runningOwner } = await import('../src/config/data-dir.ts')
    this.talk('Restarting the daemon…')
    const before = await stopDaemon(loaded)
    await startDaemon({ loaded, env: process.env, stopWhenIdle: false })
    const owner = runningOwner(dataDir)
    this.log(`The daemon is ready (pid ${owner?.pid ?? '?'}${owner?.listen ? `, ${owner.listen}` : ''}).`)
    return { stopped: before?.pid, dataDir, ...owner }
  }
}
