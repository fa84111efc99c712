import { string as stringArgument } from '@oclif/core/args'
import { boolean, string } from '@oclif/core/flags'
import { type AskEvent, answerOf } from '../src/client/client.ts'
import type { LoadedConfig } from '../src/config/load.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import { escapedJson } from '../src/domain/escaped-json.ts'
import { onInterrupt } from '../src/terminal/interrupt.ts'
import { ChatbotCommand, optionsOf } from './common/command.ts'
import { collections, filterOf, filters } from './common/flags.ts'
import { questionOf } from './common/question.ts'

export default class Ask extends ChatbotCommand {
  static override summary = 'Ask a question about the documents.'
  static override description =
    'Prints the answer and its sources. The exit status is 0 even if the documents do not contain the answer; `refused` in the JSON output tells.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> How is the cache invalidated?',
    {
      description: 'Continue a conversation',
      command: '<%= config.bin %> <%= command.id %> --conversation 0198c7 And on Kubernetes?',
    },
    {
      description: 'For scripts',
      command: '<%= config.bin %> <%= command.id %> "Кто автор?" --json | jq .answer',
    },
    {
      description: 'The question from a file',
      command: '<%= config.bin %> <%= command.id %> - < question.txt',
    },
  ]
  static override strict = false
  static override args = {
    question: stringArgument({
      required: true,
      ignoreStdin: true,
      description: 'the question, in one or more words; `-` reads it from stdin',
    }),
  }
  static override flags = {
    ...collections,
    ...filters,
    conversation: string({ helpValue: 'ID', summary: 'Continue this conversation.' }),
    engine: string({ helpValue: 'NAME', summary: 'A configured engine, or `extractive`.' }),
    'no-cache': boolean({ summary: 'Neither read the cache nor store the answer in it.' }),
    ndjson: boolean({
      summary: 'Stream the events of the answer, one JSON object per line.',
      exclusive: ['json'],
    }),
  }

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Ask)
    const question = await questionOf(argv)
    const loaded = await this.settings(flags)
    const chat = await this.chat(loaded)
    const interrupt = this.own(onInterrupt())
    const events = chat.ask({
      question,
      conversation: flags.conversation,
      collections: flags.collection,
      filter: filterOf(flags),
      engine: flags.engine,
      cache: flags['no-cache'] ? false : undefined,
      signal: interrupt.first,
    })
    if (flags.ndjson) return printEvents(events)
    if (this.jsonEnabled()) {
      const { text, ...answer } = await answerOf(events)
      return { answer: text, ...answer }
    }
    const { renderAnswer } = await import('../src/terminal/render-answer.ts')
    const answer = await renderAnswer(events)
    if (answer?.refused) await this.#hintWhenEmpty(loaded)
    return undefined
  }

  /** Hints at `chatbot ingest` if there are no documents. */
  async #hintWhenEmpty(loaded: LoadedConfig): Promise<void> {
    const api = await this.api(loaded)
    const { documents } = await api.call('listDocuments', { query: { limit: 1 } })
    if (documents.length === 0) this.talk('No documents yet. Add some: chatbot ingest ./docs')
  }

  /** Ends the events with the error even if there was no connection. */
  protected override async catch(thrown: Error): Promise<void> {
    if (!optionsOf(this.argv).includes('--ndjson') || 'oclif' in thrown) return super.catch(thrown)
    const error = ChatbotError.wrap(thrown)
    process.exitCode = error.exitCode
    process.stdout.write(`${escapedJson({ type: 'error', error: error.inFull() })}\n`)
  }
}

async function printEvents(events: AsyncIterable<AskEvent>): Promise<void> {
  for await (const event of events) {
    process.stdout.write(`${escapedJson(event)}\n`)
    if (event.type === 'error') process.exitCode = event.error.exitCode
  }
}
