import { table } from '../../src/terminal/table.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class EnginesList extends ChatbotCommand {
  static override summary = 'List the configured engines.'
  static override description =
    'An engine that fails repeatedly is paused for a moment; meanwhile `answer.fallbacks` answer.'
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<unknown> {
    const { flags } = await this.parse(EnginesList)
    const api = await this.api(await this.settings(flags))
    const { engines } = await api.call('listEngines', {})
    this.log(
      table(
        [{ title: 'Engine' }, { title: 'Kind' }, { title: 'Model' }, { title: 'Used' }, { title: 'State' }],
        engines.map(({ name, kind, model, used, state, because }) => [
          name,
          kind,
          model,
          used,
          because === undefined ? state : `${state}: ${because}`,
        ]),
      ),
    )
    return { engines }
  }
}
