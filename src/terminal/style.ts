import { styleText } from 'node:util'
import { printable } from '../domain/printable.ts'

type Format = Parameters<typeof styleText>[0]

/** Colours for a terminal; plain elsewhere and where NO_COLOR asks for it. */
export const paint = (stream: NodeJS.WriteStream, format: Format, text: string): string =>
  styleText(format, text, { stream })

/** Printable text that keeps its colours: what `paint` made stays, whatever else a terminal acts upon goes. */
export const styledText = (text: string): string =>
  text
    .split(/(\x1b\[\d{1,2}m)/)
    .map((part, index) => (index % 2 === 0 ? printable(part) : part))
    .join('')
