import type { AskEvent } from '../client/client.ts'
import type { Answer, StageName } from '../domain/answer.ts'
import { printable, printableLine } from '../domain/printable.ts'
import { source } from './citation.ts'
import { fromCache } from './from-cache.ts'
import { paint } from './style.ts'

const STAGE_WORDS: Record<StageName, string> = {
  rewrite: 'reading the conversation',
  embed: 'reading the question',
  cache: 'looking for an earlier answer',
  retrieve: 'searching',
  generate: 'answering',
  remember: 'storing the answer',
}

/** Writes an answer to stdout: streamed to a terminal, otherwise as a whole. Throws the error that ends it. */
export async function renderAnswer(events: AsyncIterable<AskEvent>): Promise<Answer | undefined> {
  const live = process.stdout.isTTY === true
  let text = ''
  for await (const event of events) {
    switch (event.type) {
      case 'stage':
        if (live && text === '' && event.state === 'started') hint(`${STAGE_WORDS[event.stage]}…`)
        break
      case 'delta':
        if (live && text === '') hint('')
        if (live) process.stdout.write(printable(event.text))
        text += event.text
        break
      case 'restart':
        text = text.slice(0, event.keep)
        // Text on a terminal cannot be taken back.
        if (live) process.stdout.write(`\n\n(The answer was restarted.)\n\n${printable(text)}`)
        break
      case 'done':
        if (live) hint('')
        process.stdout.write(live ? '\n' : `${printable(event.answer.text)}\n`)
        writeSources(event.answer)
        return event.answer
      case 'error':
        if (live) hint('')
        if (live && text !== '') process.stdout.write('\n')
        throw event.error
    }
  }
  return undefined
}

function writeSources({
  searched,
  citations,
  cached,
  warnings,
  conversation,
  generator,
  question,
}: Answer): void {
  if (citations.length > 0) {
    process.stdout.write(`\n${citations.map((cited) => source(cited.number, cited)).join('\n')}\n`)
  }
  if (searched !== undefined)
    process.stderr.write(`${paint(process.stderr, 'dim', `searched: “${printableLine(searched)}”`)}\n`)
  for (const warning of warnings) process.stderr.write(`Note: ${printable(warning)}\n`)
  if (!process.stderr.isTTY) return
  const origin = printableLine(cached === false ? generator : `${generator}, ${fromCache(cached, question)}`)
  process.stderr.write(
    `${paint(process.stderr, 'dim', `${origin} · continue: chatbot ask --conversation ${printableLine(conversation)} …`)}\n`,
  )
}

/** A line that the next output replaces. */
function hint(words: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${paint(process.stderr, 'dim', words)}`)
}
