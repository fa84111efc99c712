import type { LoadedBlock } from '../../domain/document.ts'
import { lines, trimmed } from '../../text/lines.ts'
import { fileTitle, type TextLoader } from './loader.ts'
import { createSections } from './writing/sections.ts'

export const text = {
  reads: 'text',
  name: 'text',
  extensions: ['txt', 'text', 'log', 'org'],
  load(source, uri) {
    return {
      title: fileTitle(uri),
      mediaType: 'text/plain',
      text: source,
      blocks: paragraphs(source, 0),
      linesMatchFile: true,
    }
  },
} satisfies TextLoader

/**
 * The paragraphs of `source` from offset `from`, under the headings that plain text has: underlined lines, lines in
 * capitals, numbered titles, and terms above text that is indented deeper, as in manual pages.
 */
export function paragraphs(source: string, from: number): LoadedBlock[] {
  const blocks: LoadedBlock[] = []
  const sections = createSections()
  for (const group of groups(source, from)) {
    let first = 0
    for (;;) {
      const heading = headingAt(group, first)
      if (heading === undefined) break
      const line = group.lines[first]
      if (line === undefined) break
      const last = group.lines[first + heading.lines - 1] ?? line
      const title = source.slice(line.start, heading.isUnderlined ? line.end : last.end).replace(/\s+/gu, ' ')
      blocks.push({
        kind: 'heading',
        headings: sections.enter(heading.level, title),
        start: line.start,
        end: last.end,
      })
      first += heading.lines
    }
    const [body] = group.lines.slice(first)
    const last = group.lines.at(-1)
    if (body === undefined || last === undefined) continue
    // Text that is not indented deeper than a term does not belong to it.
    sections.enter(TERM + body.indent, '')
    const isItem = MARKER.test(body.text)
    const before = blocks.at(-1)
    // Items separated by blank lines are one list.
    if (isItem && before?.kind === 'list') blocks[blocks.length - 1] = { ...before, end: last.end }
    else
      blocks.push({
        kind: isItem ? 'list' : isAligned(group.lines.slice(first)) ? 'code' : 'paragraph',
        headings: sections.path(),
        start: body.start,
        end: last.end,
      })
  }
  return blocks
}

interface Line {
  /** Trimmed. */
  readonly start: number
  readonly end: number
  readonly text: string
  /** In columns. */
  readonly indent: number
}

interface Group {
  readonly lines: readonly Line[]
  /** Indent of the next group's first line, in columns. */
  readonly nextIndent: number
}

/** UTF-16 code units inspected to classify a line. */
const LINE_ROOM = 400

function groups(source: string, from: number): Group[] {
  const found: Line[][] = []
  let open: Line[] | undefined
  for (const line of lines(source, from)) {
    const { start, end } = trimmed(source, line)
    if (start === end) open = undefined
    else {
      if (open === undefined) {
        open = []
        found.push(open)
      }
      const before = source.slice(Math.max(line.start, start - LINE_ROOM), start)
      open.push({
        start,
        end,
        text: source.slice(start, Math.min(end, start + LINE_ROOM)),
        indent: columns(before),
      })
    }
  }
  return found.map((group, at) => ({ lines: group, nextIndent: found[at + 1]?.[0]?.indent ?? 0 }))
}

const columns = (white: string): number => white.replaceAll('\t', '        ').length

/** Levels of headings: underlined, in capitals or numbered, then terms by their column. */
const UNDERLINED = { '=': 1, '-': 2, '~': 3 } as const
const CAPITALS = 4
const NUMBERED = 4
const TERM = 10

/** UTF-16 code units. */
const MAX_TITLE = 90
const MAX_TERM = 72
/** Minimum extra indent of a term's description, in columns. */
const DEEPER = 2

const MARKER = /^(?:[-*+•‣◦]|o(?=\s)|\(?(?:\d{1,3}|\p{Ll})[.)]|\*\))\s/iu
const NUMBER = /^(?<number>\d{1,2}(?:\.\d{1,2}){0,3})[.)]?\s+\p{L}/u
const QUESTION = /\?["»”)]*$/u
const ENDS_SENTENCE = /[.!?…:;,]["»”)]*$/u

/** Lines of a table or drawing whose columns are made of spaces: its line ends must be kept. */
function isAligned(body: readonly Line[]): boolean {
  const aligned = body.filter(({ text: own }) => ALIGNED.test(own)).length
  return body.length >= MIN_ALIGNED_LINES && aligned >= MIN_ALIGNED_SHARE * body.length
}

const MIN_ALIGNED_LINES = 3
const MIN_ALIGNED_SHARE = 0.6
/** Justified text has two spaces in a row, seldom three. */
const ALIGNED = /\S {3,}\S|\S\t+\S|[─│┌┐└┘├┤]/u

interface Heading {
  readonly level: number
  /** Number of lines it takes. */
  readonly lines: number
  readonly isUnderlined?: boolean
}

/** Whether a heading begins at this line of the group. */
function headingAt({ lines: all, nextIndent }: Group, at: number): Heading | undefined {
  const [line, next] = [all[at], all[at + 1]]
  if (line === undefined) return undefined
  const { indent } = line
  const title = line.text.replace(/\s+/gu, ' ')
  if (title.length > MAX_TITLE) return undefined
  const rule = /^([=~-])\1{2,}$/u.exec(next?.text ?? '')?.[1]
  if (rule === '=' || rule === '-' || rule === '~')
    return { level: UNDERLINED[rule], lines: 2, isUnderlined: true }
  if (/^={1,5}\s/u.test(title)) return { level: title.indexOf(' '), lines: 1 }
  // A term and its description, which goes on below: `2      serious trouble (such as`.
  if (next !== undefined && next.indent > indent && hasColumn(line, next.indent)) return undefined
  const followed = next?.indent ?? nextIndent
  if (isInCapitals(title) && indent === 0 && at === 0) return { level: CAPITALS, lines: 1 }
  const number = NUMBER.exec(title)?.groups?.number
  const isAlone = next === undefined
  if (number !== undefined && at === 0) {
    if (all.length === 2 && QUESTION.test(next?.text ?? ''))
      return { level: NUMBERED + depthOf(title), lines: 2 }
    const isTitle = QUESTION.test(title) || !ENDS_SENTENCE.test(title.replace(NUMBER, ''))
    const isListed = next !== undefined && NUMBER.test(next.text) && depthOf(next.text) === depthOf(title)
    if (isTitle && !isListed) return { level: NUMBERED + depthOf(title), lines: 1 }
  }
  if (MARKER.test(title) || title.length > MAX_TERM || followed < indent + DEEPER) return undefined
  if (ENDS_SENTENCE.test(title) && !(title.endsWith(':') && !isAlone)) return undefined
  // As long as the lines below it: the first line of a paragraph with a hanging indent.
  if (
    next !== undefined &&
    title.length > 40 &&
    all.slice(at + 1).every(({ text: own }) => title.length > 0.8 * own.length)
  )
    return undefined
  return { level: TERM + indent, lines: 1 }
}

/** Whether a word of a line begins in a column, behind a gap. */
const hasColumn = ({ text: own, indent }: Line, column: number): boolean =>
  /^\s\s\S/u.test(own.slice(column - indent - 2, column - indent + 1))

const depthOf = (title: string): number => (NUMBER.exec(title)?.groups?.number ?? '').split('.').length

function isInCapitals(title: string): boolean {
  const letters = title.replace(/[^\p{L}]/gu, '')
  return letters.length >= 3 && letters === letters.toUpperCase() && letters !== letters.toLowerCase()
}
