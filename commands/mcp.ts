import { option } from '@oclif/core/flags'
import { ChatbotCommand } from './common/command.ts'

const PRINTED = ['claude', 'cursor', 'vscode', 'codex'] as const

export default class Mcp extends ChatbotCommand {
  static override enableJsonFlag = false
  static override summary =
    'Serve the documents to coding agents and other MCP clients, over stdin and stdout.'
  static override description =
    'An MCP client starts this command by itself; `--print-config` prints what to put into its settings. It offers the tools search, ask, read_document, list_documents and list_collections, and the documents as resources. With --server or --context it serves the documents of that server; a daemon also serves MCP over HTTP, at /mcp.'
  static override examples = [
    {
      description: 'What to paste into the settings of a client',
      command: '<%= config.bin %> <%= command.id %> --print-config claude',
    },
  ]
  static override flags = {
    'print-config': option({ options: PRINTED })({
      summary: 'Print the snippet for this client, and where it belongs.',
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Mcp)
    const client = flags['print-config']
    if (client !== undefined) {
      const { clientConfig } = await import('../src/mcp/client-config.ts')
      const { where, snippet } = clientConfig(client, this.#invocation(flags))
      this.talk(where)
      this.log(snippet)
      return
    }
    const loaded = await this.settings(flags)
    const [{ serveStdio }, { mcpServer }, { remoteLibrary }, api, chat] = await Promise.all([
      import('@modelcontextprotocol/server/stdio'),
      import('../src/mcp/server.ts'),
      import('../src/mcp/remote-library.ts'),
      this.api(loaded),
      this.chat(loaded),
    ])
    const library = remoteLibrary(api, chat)
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    const handle = serveStdio(() => mcpServer(library, this.config.version), {
      onerror: (error) => this.talk(error.message),
    })
    process.stdin.once('end', resolve).once('close', resolve)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve)
    await ended
    await handle.close()
  }

  /** This command as a client should start it: with the flags that say where, because it does not have this environment. */
  #invocation(flags: Readonly<Record<string, unknown>>): readonly string[] {
    const environment: Readonly<Record<string, string | undefined>> = {
      'data-dir': process.env.CHATBOT_DATA_DIR,
      server: process.env.CHATBOT_SERVER,
    }
    const where = ['data-dir', 'server', 'context'].flatMap((name) => {
      const value = flags[name] ?? environment[name]
      return typeof value === 'string' && value !== '' ? [`--${name}`, value] : []
    })
    const insecure = flags['allow-insecure'] === true ? ['--allow-insecure'] : []
    return [process.argv[1] ?? this.config.bin, 'mcp', ...where, ...insecure]
  }
}
