/** Prints the Markdown of an answer on a terminal while it grows: block by block, each as soon as it is whole. */
import { printableLine } from '../domain/printable.ts'
import { type BlockStart, splitBlocks, TEXT_START } from './markdown/blocks.ts'
import { paintMarkdown } from './markdown/paint.ts'
import { cutStart } from './table.ts'

export interface AnswerPrinter {
  add: (delta: string) => void
  /** A new attempt keeps the first `keep` UTF-16 code units. */
  restart: (keep: number) => void
  /** Prints what is left, of the text as it is stored if there is one. */
  end: (stored?: string) => void
}

interface Surface {
  write: (text: string) => void
  /** Shows one line that the next output replaces: the end of what is not whole yet. */
  hint: (line: string) => void
  readonly columns: () => number
}

export function answerPrinter({ write, hint, columns }: Surface): AnswerPrinter {
  let text = ''
  /** The first block that is not printed. */
  let next: BlockStart = TEXT_START
  let isFirst = true

  const print = (whole: string, { start, end, gap }: { start: number; end: number; gap: boolean }) => {
    write(`${gap && !isFirst ? '\n' : ''}${paintMarkdown(whole.slice(start, end))}\n`)
    isFirst = false
  }
  // What stands on a terminal cannot be taken back.
  const startAgain = () => {
    if (next.start > 0) write('\n(The answer starts anew.)\n')
    next = TEXT_START
  }

  return {
    add(delta) {
      text += delta
      if (delta.includes('\n')) {
        const blocks = splitBlocks(text.slice(0, text.lastIndexOf('\n') + 1), next)
        const last = blocks.at(-1)
        if (blocks.length > 1) hint('')
        for (const block of blocks.slice(0, -1)) print(text, block)
        next = last ?? next
      }
      const room = columns() - 1
      hint(cutStart(printableLine(text.slice(Math.max(next.start, text.length - 2 * room))), room))
    },
    restart(keep) {
      hint('')
      text = text.slice(0, keep)
      if (keep < next.start) startAgain()
    },
    end(stored = text) {
      hint('')
      if (!stored.startsWith(text.slice(0, next.start))) startAgain()
      for (const block of splitBlocks(stored, next)) print(stored, block)
    },
  }
}
