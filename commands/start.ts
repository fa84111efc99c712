import { boolean } from '@oclif/core/flags'
import { ChatbotCommand } from './common/command.ts'

export default class Start extends ChatbotCommand {
  static override summary = 'Start the daemon.'
  static override description =
    'Commands start the daemon on demand, and it then stops when idle. Started with this command, it runs until `chatbot stop`.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {
      description: 'In a container: in the foreground, logs on stdout',
      command: '<%= config.bin %> <%= command.id %> --foreground',
    },
  ]
  static override flags = {
    foreground: boolean({ summary: 'Run in this process and log to stdout, until SIGTERM or Ctrl-C.' }),
  }

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Start)
    const loaded = await this.settings(flags)
    const { dataDir } = loaded.config
    if (flags.foreground) {
      const { runDaemon } = await import('../daemon/run.ts')
      await runDaemon({ loaded, foreground: true, stopWhenIdle: false })
      this.exit(0)
    }

    const { daemonHealth, ensureDaemon } = await import('../src/client/launch.ts')
    const { runningOwner } = await import('../src/config/data-dir.ts')
    const health = await daemonHealth(dataDir)
    const already = health !== undefined && health.status !== 'draining'
    if (!already) {
      await ensureDaemon({
        loaded,
        env: process.env,
        stopWhenIdle: false,
        onStarting: (message) => this.talk(message),
      })
    }
    const owner = runningOwner(dataDir)
    this.log(
      already
        ? `The daemon is already running (pid ${owner?.pid ?? '?'}). \`chatbot restart\` restarts it.`
        : `The daemon is ready (pid ${owner?.pid ?? '?'}${owner?.listen ? `, ${owner.listen}` : ''}).`,
    )
    return { started: !already, dataDir, ...owner }
  }
}
