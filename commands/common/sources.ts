import { displayUri, pageLabel } from '../../src/client/sync/uri.ts'
import type { Citation } from '../../src/domain/answer.ts'
import { printableLine } from '../../src/domain/printable.ts'
import { paint } from './style.ts'
import { cut } from './table.ts'

const QUOTE_WIDTH = 160

type Source = Pick<Citation, 'uri' | 'line' | 'page' | 'heading' | 'text'>

/** `path:line`, or `path, page 3`, as an editor or a person opens it. */
export function place({ uri, line, page }: Pick<Citation, 'uri' | 'line' | 'page'>): string {
  const path = printableLine(displayUri(uri, process.cwd()))
  if (line !== undefined) return `${path}:${line}`
  return page === undefined ? path : `${path}, ${pageLabel(uri, page)}`
}

/** `[1] path:line  “quoted…”`, one line. */
export function source(number: number, cited: Source): string {
  const mark = paint(process.stdout, 'cyan', `[${number}]`)
  const where = place(cited)
  const room = (process.stdout.columns ?? QUOTE_WIDTH) - where.length - 10
  const quote = `“${cut(printableLine(cited.text), Math.max(40, Math.min(QUOTE_WIDTH, room)))}”`
  return `${mark} ${where}  ${paint(process.stdout, 'dim', quote)}`
}
