import type { Citation } from '../domain/answer.ts'
import { printableLine } from '../domain/printable.ts'
import { placeOf } from './place.ts'
import { paint } from './style.ts'
import { cut } from './table.ts'

const QUOTE_WIDTH = 160

type Source = Pick<Citation, 'uri' | 'line' | 'page' | 'heading' | 'text'>

/** `[1] path:line  “quoted…”`, one line. */
export function source(number: number, cited: Source): string {
  const mark = paint(process.stdout, 'cyan', `[${number}]`)
  const where = placeOf(cited)
  const room = (process.stdout.columns ?? QUOTE_WIDTH) - where.length - 10
  const quote = `“${cut(printableLine(cited.text), Math.max(40, Math.min(QUOTE_WIDTH, room)))}”`
  return `${mark} ${where}  ${paint(process.stdout, 'dim', quote)}`
}
