/**
 * Makes text from documents, file names, engines or the daemon safe to write to a terminal: otherwise a document
 * could move the cursor, change the window title, write to the clipboard or reorder text. Removes escape
 * sequences, all control characters except line feed and tab, bidirectional overrides and invisible tag
 * characters. The remaining characters keep their order; `\r
 * ` becomes `
 * `.
 */
export function printable(text: string): string {
  return SUSPECT.test(text) ? text.replace(STRINGS, '').replace(SEQUENCES, '').replace(CONTROLS, '') : text
}

/** The same on one line: line breaks and tabs become spaces, and runs of spaces collapse. */
export function printableLine(text: string): string {
  return printable(text).replace(/\s+/g, ' ').trim()
}

const SUSPECT = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/u

/**
 * ECMA-48: a string up to its terminator (BEL as in xterm). An unterminated one loses only its introducer below,
 * because swallowing the rest would hide the document. A string cannot contain another introducer; otherwise a
 * text made of introducers would be scanned to its end from each of them.
 */
const STRINGS = /(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)/g

/** Control sequences and short escapes. */
const SEQUENCES = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]/g

const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/gu

const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** At most this many graphemes; if the text was cut, the last one is an ellipsis. */
export function clip(text: string, most: number): string {
  const kept = [...characters.segment(text.slice(0, most * 8))]
  if (kept.length <= most && text.length <= most * 8) return text
  return `${kept
    .slice(0, most - 1)
    .map(({ segment }) => segment)
    .join('')}…`
}
