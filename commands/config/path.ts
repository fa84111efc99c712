import { ChatbotCommand } from '../common/command.ts'

export default class ConfigPath extends ChatbotCommand {
  static override summary = "Print the path of the user's configuration file."
  static override examples = ['$EDITOR "$(<%= config.bin %> <%= command.id %>)"']

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    await this.parse(ConfigPath)
    const { userConfigFile } = await import('../../src/config/paths.ts')
    const path = userConfigFile(process.env)
    this.log(path)
    return { path }
  }
}
