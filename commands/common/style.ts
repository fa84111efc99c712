import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]

/** Colours for a terminal; plain elsewhere and where NO_COLOR asks for it. */
export const paint = (stream: NodeJS.WriteStream, format: Format, text: string): string =>
  styleText(format, text, { stream })
