import { ChatbotCommand } from './common/command.ts'

export default class Whoami extends ChatbotCommand {
  static override summary = 'Show your identity and your rights on the server.'
  static override examples = ['<%= config.bin %> <%= command.id %> --server https://chat.example.org']

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Whoami)
    const api = await this.api(await this.settings(flags))
    const me = await api.call('whoami', {})
    const [{ fields }, { describeTarget }] = await Promise.all([
      import('../src/terminal/table.ts'),
      import('../src/client/target.ts'),
    ])
    const collections = me.collections.map(({ name, role }) => `${name} (${role})`).join(', ')
    this.log(
      fields([
        ['Server', describeTarget(this.target) || 'this machine'],
        ['Name', me.name],
        ['Id', me.id],
        ...(me.groups.length === 0 ? [] : [['Groups', me.groups.join(', ')] satisfies [string, string]]),
        ['On all', me.everywhere ?? 'nothing'],
        ['Collections', collections === '' ? 'none' : collections],
        ...(me.expiresAt === null ? [] : [['Until', me.expiresAt] satisfies [string, string]]),
      ]),
    )
    return { server: this.target.kind === 'remote' ? this.target.server : null, ...me }
  }
}
