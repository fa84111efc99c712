/** Text in styles, and how it is wrapped to the width of a terminal. */
import stringWidth from 'string-width'
import { graphemes } from '../table.ts'

/** Colours by meaning. Nothing is told by colour alone. */
export const TONES = { accent: 'cyan', code: 'yellow', link: 'blue' } as const

export interface Style {
  readonly bold?: true
  readonly italic?: true
  readonly underline?: true
  readonly strikethrough?: true
  readonly dim?: true
  /** Decides the colour, where there are colours. */
  readonly tone?: keyof typeof TONES
}

/** A piece of text in one style. */
export interface Run {
  readonly text: string
  readonly style: Style
}

/** What stands in one line of the terminal. */
export type Line = readonly Run[]

export const run = (text: string, style: Style = {}): Run => ({ text, style })

/** Columns of the terminal. */
export const widthOf = (runs: readonly Run[]): number =>
  runs.reduce((total, { text }) => total + stringWidth(text), 0)

/**
 * Breaks runs into lines of at most `width` columns: at spaces where possible, inside of words that are longer than
 * a line. Line feeds in the text stay line breaks.
 */
export function wrap(runs: readonly Run[], width: number): Line[] {
  const lines: Run[][] = []
  let line: Run[] = []
  let used = 0
  let space: Run[] = []
  let spaceWidth = 0
  let word: Run[] = []
  let wordWidth = 0

  const endLine = () => {
    lines.push(line)
    line = []
    used = 0
    space = []
    spaceWidth = 0
  }
  const endWord = () => {
    if (word.length === 0) return
    if (used > 0 && used + spaceWidth + wordWidth > width) endLine()
    if (used > 0) for (const piece of space) put(line, piece)
    used += used > 0 ? spaceWidth : 0
    space = []
    spaceWidth = 0
    if (wordWidth <= width) {
      for (const piece of word) put(line, piece)
      used += wordWidth
    } else {
      for (const piece of word) breakWord(piece)
    }
    word = []
    wordWidth = 0
  }
  const breakWord = ({ text, style }: Run) => {
    let kept = ''
    for (const { segment } of graphemes.segment(text)) {
      const columns = stringWidth(segment)
      if (used > 0 && used + columns > width) {
        put(line, run(kept, style))
        kept = ''
        endLine()
      }
      kept += segment
      used += columns
    }
    put(line, run(kept, style))
  }

  for (const { text, style } of runs) {
    for (const piece of text.split(/(\n|[ \t]+)/)) {
      if (piece === '') continue
      if (piece === '\n') {
        endWord()
        endLine()
      } else if (/^[ \t]/.test(piece)) {
        endWord()
        space.push(run(piece, style))
        spaceWidth += stringWidth(piece)
      } else {
        word.push(run(piece, style))
        wordWidth += stringWidth(piece)
      }
    }
  }
  endWord()
  lines.push(line)
  return lines
}

/** Adds a piece to a line, joined to what is in the same style. */
function put(line: Run[], piece: Run): void {
  const last = line.at(-1)
  if (last?.style === piece.style) line[line.length - 1] = run(last.text + piece.text, last.style)
  else if (piece.text !== '') line.push(piece)
}
