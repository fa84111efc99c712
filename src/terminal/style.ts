import { styleText } from 'node:util'
import { printable } from '../domain/printable.ts'

type Format = Parameters<typeof styleText>[0]

/** Colours on a terminal; plain text elsewhere and with NO_COLOR. */
export const paint = (stream: NodeJS.WriteStream, format: Format, text: string): string =>
  styleText(format, text, { stream })

/** Makes text printable but keeps the colours of `paint`. */
export const styledText = (text: string): string =>
  text
    .split(/(\x1b\[\d{1,2}m)/)
    .map((part, index) => (index % 2 === 0 ? printable(part) : part))
    .join('')
