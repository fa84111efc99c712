import { string as stringArgument } from '@oclif/core/args'
import { boolean, string } from '@oclif/core/flags'
import { type AskEvent, answerOf } from '../src/client/client.ts'
import { answeredOf, morePassages, watchContext } from '../src/client/more.ts'
import type { LoadedConfig } from '../src/config/load.ts'
import type { Answer, Passage } from '../src/domain/answer.ts'
import { withRefused } from '../src/domain/certainty.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import { escapedJson } from '../src/domain/escaped-json.ts'
import { onInterrupt } from '../src/terminal/interrupt.ts'
import { duration } from '../src/text/amounts.ts'
import { ChatbotCommand, optionsOf } from './common/command.ts'
import { collections, filterOf, filters } from './common/flags.ts'
import { questionOf } from './common/question.ts'

export default class Ask extends ChatbotCommand {
  static override summary = 'Ask a question about the documents.'
  static override description =
    'Prints the answer and its sources. The exit status is 0 even if the documents do not contain the answer; `certainty` in the JSON output tells.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> How is the cache invalidated?',
    {
      description: 'Continue a conversation',
      command: '<%= config.bin %> <%= command.id %> --conversation 0198c7 And on Kubernetes?',
    },
    {
      description: 'What else the documents say',
      command: '<%= config.bin %> <%= command.id %> --more How is the cache invalidated?',
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
      ignoreStdin: true,
      description: 'the question, in one or more words; without it, or with `-`, it is read from stdin',
    }),
  }
  static override flags = {
    ...collections,
    ...filters,
    conversation: string({ helpValue: 'ID', summary: 'Continue this conversation.' }),
    engine: string({ helpValue: 'NAME', summary: 'A configured engine, or `extractive`.' }),
    'no-cache': boolean({ summary: 'Make the answer anew, and keep it out of the cache.' }),
    more: boolean({
      summary: 'After the answer, print up to five passages that were found and that it does not quote.',
      exclusive: ['ndjson'],
    }),
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
    chat.onConnection((link) => {
      if (link.state === 'reconnecting') this.talk(`${link.reason} Trying again in ${duration(link.inMs)}.`)
    })
    const interrupt = this.own(onInterrupt())
    const scope = { collections: flags.collection, filter: filterOf(flags) }
    let context: readonly Passage[] | undefined
    const asked = chat.ask({
      ...scope,
      question,
      conversation: flags.conversation,
      engine: flags.engine,
      cache: flags['no-cache'] ? false : undefined,
      signal: interrupt.first,
    })
    if (flags.ndjson) return printEvents(asked)
    const events = watchContext(asked, (passages) => {
      context = passages
    })
    const moreOn = (answer: Answer) => morePassages(chat, answeredOf({ ...answer, question }, context), scope)
    if (this.jsonEnabled()) {
      const answer = await answerOf(events)
      const { text, ...rest } = withRefused(answer)
      return { answer: text, ...rest, more: flags.more ? await moreOn(answer) : undefined }
    }
    const { renderAnswer, writeMore } = await import('../src/terminal/render-answer.ts')
    const answer = await renderAnswer(events)
    if (answer !== undefined && flags.more) writeMore(await moreOn(answer))
    if (answer !== undefined && answer.certainty !== 'answered') await this.#hintWhenEmpty(loaded)
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
    const shown = event.type === 'done' ? { ...event, answer: withRefused(event.answer) } : event
    process.stdout.write(`${escapedJson(shown)}\n`)
    if (event.type === 'error') process.exitCode = event.error.exitCode
  }
}
