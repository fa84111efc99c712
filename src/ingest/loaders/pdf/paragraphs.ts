/** Joins lines into paragraphs, list items and code. */
import { createJoined, type JoinedLines, type Vocabulary } from './hyphens.ts'
import type { Region } from './layout.ts'
import type { TextRun } from './runs.ts'

export interface Paragraph {
  readonly kind: 'paragraph' | 'list' | 'code' | 'table'
  readonly text: string
  /** The 1-based page on which it begins. */
  readonly page: number
  readonly size: number
  readonly lines: number
}

const BULLET = /^[•●▪■◦‣∙·⁃➢✓\uf0b7\uf0a7](?=\s|\p{L})/u
const DASH = /^[-–—]\s/u
const NUMBER = /^(?:\(?\d{1,3}[.)]|\p{L}\))\s/u
const ENDS = /[.!?:;…。」»”"')\]]$/u
/** Dot leaders before a page number. */
const LEADERS = /(?:\s?[.·_…]){5,}\s*/gu
const LEADS = /(?:\s?[.·_…]){5}$/u
const PAGE_NUMBER = /(?:(?<!\d)\d+|(?<![ivxlc])[ivxlc]+)$/u
const leads = (text: string): boolean => LEADS.test(text.trimEnd().replace(PAGE_NUMBER, '').trimEnd())
/** Type this many times the body's size is display type, where line breaks say nothing about paragraphs. */
export const LARGER_RATIO = 1.12

/** Properties of the whole document, for reading its lines. */
export interface Body {
  /** Size of most of the text, in points. */
  readonly size: number
  readonly words: Vocabulary
  /** Whether monospaced text is code; not so if most of the document is monospaced. */
  readonly codeIsMono: boolean
}

export function paragraphsOf(regions: readonly Region[], page: number, body: Body): Paragraph[] {
  return regions.flatMap((region): Paragraph[] => {
    if (region.kind === 'flow') return flow(region.lines, page, body)
    const rows = region.rows.map((row) => row.map((cell) => cell.replace(LEADERS, ' … ')).join(' | '))
    return [{ kind: 'table', text: rows.join('\n'), page, size: 0, lines: rows.length }]
  })
}

function flow(lines: readonly TextRun[], page: number, { size, words, codeIsMono }: Body): Paragraph[] {
  const paragraphs: Paragraph[] = []
  const breaks = breaksOf(lines, size)
  let open: TextRun[] = []
  const close = () => {
    const [first] = open
    if (first)
      paragraphs.push(
        codeIsMono && open.every(({ mono }) => mono) ? code(open, page) : prose(open, page, words),
      )
    open = []
  }
  for (const [i, line] of lines.entries()) {
    const before = lines[i - 1]
    const sameKind = !codeIsMono || before?.mono === line.mono
    const begins = codeIsMono && line.mono ? !sameKind : breaks[i] || !sameKind
    if (begins) close()
    open.push(line)
  }
  close()
  return paragraphs
}

/** Whether each line begins a paragraph. */
function breaksOf(lines: readonly TextRun[], bodySize: number): boolean[] {
  const left = least(lines.map((line) => line.left))
  const right = most(lines.map((line) => line.right))
  const pitches = lines.slice(1).map((line, i) => (lines[i]?.bottom ?? 0) - line.bottom)
  const pitch = pitches.filter((each) => each > 0).toSorted((a, b) => a - b)[pitches.length >> 1] ?? 0
  return lines.map((line, i) => {
    const before = lines[i - 1]
    if (!before) return true
    const gap = before.bottom - line.bottom
    if (gap < 0 || (lines.length > 2 && gap > 1.3 * pitch && gap > 1.35 * line.size)) return true
    const ratio = line.size / before.size
    if (ratio > 1.12 || ratio < 0.89) return true
    const text = line.text.trimStart()
    if (BULLET.test(text) || leads(before.text)) return true
    if (line.size > LARGER_RATIO * bodySize) return NUMBER.test(text) && /^\d/u.test(text)
    const ended = ENDS.test(before.text.trimEnd())
    // The next word would have fitted on the line before, so the break is deliberate.
    const word = /^\S+/u.exec(text)?.[0].length ?? 0
    const roomy = right - before.right > (0.6 * word + 0.8) * line.size
    if ((DASH.test(text) || NUMBER.test(text)) && (ended || roomy)) return true
    const indented = line.left - before.left
    const marked = BULLET.test(before.text) || NUMBER.test(before.text)
    if (indented > 0.8 * line.size && before.left - left < 0.5 * line.size && !marked && (ended || !roomy))
      return ended || indented < 4 * line.size
    return roomy && (ended || /^[\p{Lu}"«“(]/u.test(text) || right - before.right > 0.4 * (right - left))
  })
}

function prose(lines: readonly TextRun[], page: number, words: Vocabulary): Paragraph {
  let joined: JoinedLines | undefined
  for (const line of lines) {
    const next = line.text.trim()
    if (joined) joined.add(next)
    else if (next !== '') joined = createJoined(next, words)
  }
  const text = composed((joined?.text() ?? '').replace(LEADERS, ' … ')).replace(/\s+/gu, ' ')
  const bullet = BULLET.test(text)
  const kind = bullet || NUMBER.test(text) || DASH.test(text) ? 'list' : 'paragraph'
  return {
    kind,
    text: bullet ? `- ${text.slice(1).trim()}` : text,
    page,
    size: most(lines.map(({ size }) => size)),
    lines: lines.length,
  }
}

const ACCENTS: Readonly<Record<string, string>> = {
  '¨': '\u0308',
  '´': '\u0301',
  ˆ: '\u0302',
  '˜': '\u0303',
  ˇ: '\u030c',
}

/** TeX's old fonts put an accent before its letter. */
const composed = (text: string): string =>
  text.replace(/(?<=\p{L})([¨´ˆ˜ˇ]) ?(\p{L})/gu, (_, accent: string, letter: string) =>
    ((letter === 'ı' ? 'i' : letter) + ACCENTS[accent]).normalize(),
  )

/** Keeps the lines, indented as on the page. */
function code(lines: readonly TextRun[], page: number): Paragraph {
  const left = least(lines.map((line) => line.left))
  const text = lines
    .map((line) => ' '.repeat(Math.min(40, Math.round((line.left - left) / (0.6 * line.size)))) + line.text)
    .join('\n')
  return { kind: 'code', text, page, size: lines[0]?.size ?? 0, lines: lines.length }
}

/** Rejoins paragraphs split by a page break, a column or a figure, and parts of one code block. */
export function joinParagraphs(paragraphs: readonly Paragraph[], words: Vocabulary): Paragraph[] {
  const joined: Paragraph[] = []
  /** The paragraph being joined. */
  let open: { readonly first: Paragraph; lines: number; readonly text: JoinedLines } | undefined
  const close = () => {
    if (open) joined.push({ ...open.first, lines: open.lines, text: open.text.text() })
    open = undefined
  }
  for (const next of paragraphs) {
    if (open && continues({ ...open.first, lines: open.lines, text: open.text.tail() }, next))
      open.text.add(next.text)
    else if (open?.first.kind === 'code' && next.kind === 'code' && open.first.page === next.page)
      open.text.append(`\n${next.text}`)
    else {
      close()
      open = { first: next, lines: 0, text: createJoined(next.text, words) }
    }
    open.lines += next.lines
  }
  close()
  return joined
}

const continues = (a: Paragraph, b: Paragraph): boolean =>
  (a.kind === 'paragraph' || a.kind === 'list') &&
  b.kind === 'paragraph' &&
  a.lines + b.lines > 2 &&
  Math.abs(a.size - b.size) < 0.05 * a.size &&
  !/[.!?:;…。]["»”')\]]?$/u.test(a.text) &&
  /^\p{Ll}/u.test(b.text)

/** Unlike `Math.min(...numbers)`, safe for any length. */
const least = (numbers: readonly number[]): number =>
  numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)

const most = (numbers: readonly number[]): number =>
  numbers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
