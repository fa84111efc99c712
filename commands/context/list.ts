import { ChatbotCommand } from '../common/command.ts'

export default class ContextList extends ChatbotCommand {
  static override summary = 'List the contexts: servers with their logins.'
  static override examples = ['<%= config.bin %> <%= command.id %>']
  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    await this.parse(ContextList)
    const { readContexts } = await import('../../src/config/contexts.ts')
    const { current, contexts } = readContexts(process.env)
    const listed = Object.entries(contexts).map(([name, { server, allowInsecure, credential }]) => ({
      name,
      current: name === current,
      server,
      allowInsecure,
      as: credential === undefined ? null : credential.kind === 'login' ? credential.user : 'key',
    }))
    if (listed.length === 0) {
      this.log('No contexts: commands use this machine. Add one: chatbot login NAME --server URL')
      return { contexts: listed }
    }
    const { table } = await import('../../src/terminal/table.ts')
    this.log(
      table(
        [{ title: '' }, { title: 'Context' }, { title: 'Server' }, { title: 'As' }],
        listed.map(({ name, server, as, ...rest }) => [
          rest.current ? '*' : '',
          name,
          server,
          as ?? 'nobody: chatbot login',
        ]),
      ),
    )
    if (current === null) this.talk('None is selected: commands use this machine.')
    return { contexts: listed }
  }
}
