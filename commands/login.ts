import { string } from '@oclif/core/args'
import { boolean } from '@oclif/core/flags'
import type { Credential } from '../src/config/contexts.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import { ChatbotCommand } from './common/command.ts'

export default class Login extends ChatbotCommand {
  static override summary = 'Log in to a server and use it from now on.'
  static override description =
    'A name and a password give a login that renews itself; `--key` stores an API key, or a token of a login provider. The password or key is entered on the terminal, or read from stdin. Credentials are stored in contexts.json beside the configuration, with mode 600.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> anna --server https://chat.example.org',
    '<%= config.bin %> <%= command.id %> --key --server https://chat.example.org < key.txt',
  ]
  static override args = {
    user: string({ required: false, ignoreStdin: true, description: 'name of the user' }),
  }
  static override flags = {
    key: boolean({ summary: 'Store an API key or a token instead of a password login.' }),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Login)
    await this.settings(flags)
    const { target } = this
    if (target.kind === 'local') {
      throw new ChatbotError(
        'bad_request',
        'Name the server: chatbot login NAME --server https://chat.example.org. This machine needs no login.',
      )
    }
    if (flags.key === (args.user !== undefined)) {
      throw new ChatbotError('bad_request', 'Name a user, or use --key.')
    }
    const [{ apiClient }, { requireConfidential }, { readSecret }, { changeContexts }] = await Promise.all([
      import('../src/client/api.ts'),
      import('../src/client/credentials.ts'),
      import('../src/terminal/secret.ts'),
      import('../src/config/contexts.ts'),
    ])
    const { server, allowInsecure } = target
    const endpoint = { kind: 'tcp', url: server, allowInsecure } as const
    requireConfidential(endpoint)
    const options = { version: this.config.version }
    let credential: Credential
    if (args.user === undefined) {
      credential = { kind: 'token', token: await readSecret('Key') }
    } else {
      const password = await readSecret(`Password of ${args.user}`)
      const api = this.own(apiClient(endpoint, options))
      credential = {
        kind: 'login',
        ...(await api.call('login', { body: { name: args.user, password } })),
      }
    }
    const token = credential.kind === 'login' ? credential.accessToken : credential.token
    const me = await this.own(apiClient({ ...endpoint, token }, options)).call('whoami', {})
    const context = target.context ?? new URL(server).host
    await changeContexts(process.env, (all) => ({
      current: context,
      contexts: { ...all.contexts, [context]: { server, allowInsecure, credential } },
    }))
    this.log(
      `You are ${me.name} at ${server}. Commands now use this server; \`chatbot context use --local\` switches back to this machine.`,
    )
    return { server, context, user: me.name }
  }
}
