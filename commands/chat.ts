import { string } from '@oclif/core/flags'
import { ChatbotError } from '../src/domain/errors.ts'
import { onInterrupt } from '../src/terminal/interrupt.ts'
import { ChatbotCommand } from './common/command.ts'
import { collections } from './common/flags.ts'

export default class Chat extends ChatbotCommand {
  static override summary = 'Chat about the documents in the terminal.'
  static override description =
    'Answers stream in with their sources; /help lists commands and keys. Needs a terminal: in pipes and scripts use `chatbot ask`.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {
      description: 'Search one collection only',
      command: '<%= config.bin %> <%= command.id %> --collection handbook',
    },
    {
      description: 'Continue a conversation',
      command: '<%= config.bin %> <%= command.id %> --conversation 0198c7',
    },
  ]
  static override enableJsonFlag = false
  static override flags = {
    ...collections,
    conversation: string({ helpValue: 'ID', summary: 'Continue this conversation.' }),
    engine: string({ helpValue: 'NAME', summary: 'A configured engine, or `extractive`.' }),
  }

  #drawing = false

  async run(): Promise<void> {
    const { flags } = await this.parse(Chat)
    if (!process.stdin.isTTY || !process.stdout.isTTY || process.env.TERM === 'dumb') {
      throw new ChatbotError(
        'bad_request',
        'chatbot chat needs a terminal. In pipes and scripts: chatbot ask QUESTION',
      )
    }
    // React's development build, its default, takes several times as long per frame.
    process.env.NODE_ENV ??= 'production'
    const interrupt = this.own(onInterrupt())
    const loaded = await this.settings(flags)
    const [client, { openChat }] = await Promise.all([this.chat(loaded), import('../src/tui/open.tsx')])
    const api = await this.api(loaded)
    this.#drawing = true
    try {
      const { conversation } = await openChat({
        client,
        version: this.config.version,
        dataDir: loaded.config.dataDir,
        conversation: flags.conversation,
        collections: flags.collection,
        engine: flags.engine,
        signal: interrupt.first,
        listCollections: async () => (await api.call('listCollections', {})).collections,
        stdin: process.stdin,
        stdout: process.stdout,
        env: process.env,
      })
      if (conversation !== undefined) {
        this.log(`Conversation ${conversation}. To continue it: chatbot chat --conversation ${conversation}`)
      }
      if (interrupt.first.aborted) this.exit(130)
    } finally {
      this.#drawing = false
    }
  }

  /** Suppressed while the chat owns the screen, which would overdraw it. */
  protected override talk(message: string): void {
    if (!this.#drawing) super.talk(message)
  }
}
