import type { AskEvent } from '../client/client.ts'
import type { Answer, Passage } from '../domain/answer.ts'
import { printable, printableLine } from '../domain/printable.ts'
import { CERTAINTY_WORDS } from './certainty-words.ts'
import { source } from './citation.ts'
import { fromCache } from './from-cache.ts'
import { placeOf } from './place.ts'
import { STAGE_WORDS } from './stage-words.ts'
import { paint } from './style.ts'

/**
 * Writes an answer to stdout: on a terminal its Markdown is rendered as it comes, elsewhere it is written whole, as
 * it is. Throws the error that ends it.
 */
export async function renderAnswer(events: AsyncIterable<AskEvent>): Promise<Answer | undefined> {
  const printer = process.stdout.isTTY ? await terminalPrinter() : undefined
  let hasText = false
  for await (const event of events) {
    switch (event.type) {
      case 'stage':
        if (printer && !hasText && event.state === 'started') hint(`${STAGE_WORDS[event.stage]}…`)
        break
      case 'delta':
        hasText = true
        printer?.add(event.text)
        break
      case 'restart':
        printer?.restart(event.keep)
        break
      case 'done':
        if (printer) printer.end(event.answer.text)
        else process.stdout.write(`${printable(event.answer.text)}\n`)
        writeSources(event.answer)
        return event.answer
      case 'error':
        printer?.end()
        throw event.error
    }
  }
  return undefined
}

async function terminalPrinter() {
  const { answerPrinter } = await import('./answer-printer.ts')
  return answerPrinter({
    write: (text) => process.stdout.write(text),
    hint,
    columns: () => process.stdout.columns || 80,
  })
}

/** Writes what the documents say beyond an answer. */
export function writeMore(passages: readonly Passage[]): void {
  if (passages.length === 0) process.stderr.write('Note: The documents have no more on this.\n')
  for (const passage of passages) {
    const mark = paint(process.stdout, 'cyan', `[${passage.number}]`)
    const text = printable(passage.text).replace(/^/gm, '  ')
    process.stdout.write(`\n${mark} ${placeOf(passage)}\n${text}\n`)
  }
}

function writeSources({
  searched,
  certainty,
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
  if (certainty === 'unsure') process.stderr.write(`Note: ${CERTAINTY_WORDS.unsure}.\n`)
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
