/** The text of a message: what its author wrote, and what it quotes from older messages. */
import type { LoadedDocument } from '../../domain/document.ts'
import { anyOf } from '../../text/all-languages.ts'
import { lines } from '../../text/lines.ts'
import { paragraphs } from './text.ts'
import { createTextBuilder } from './writing/text-builder.ts'

type Body = Pick<LoadedDocument, 'text' | 'blocks'>

/** How much of a line is inspected to classify it, in UTF-16 code units. */
const LINE_ROOM = 300
/** "On …, … wrote:" may be wrapped over this many lines. */
const ATTRIBUTION_LINES = 3
const QUOTED = /^[ \t]*>/u
const ATTRIBUTION = new RegExp(`${anyOf(({ documents }) => documents.wroteWords)}[^\\p{L}]{0,3}[:：]$`, 'iu')
/** The mark above an older message that follows in full. */
const ORIGINAL = new RegExp(`^${anyOf(({ documents }) => documents.originalMessage)}$`, 'iu')
const isOriginalMark = (line: string): boolean =>
  /^(?:--|__)/u.test(line) &&
  ORIGINAL.test(
    line
      .split(/[-_\s]/u)
      .filter(Boolean)
      .join(' '),
  )

/** Reads a plain-text body: lines that begin with `>` become quotes, without that mark and with the attribution line. */
export function plainBody(text: string): Body {
  const builder = createTextBuilder()
  let own: string[] = []
  let quoted: string[] = []
  const closeOwn = () => {
    const part = own.join('\n').trim()
    if (part !== '') builder.append({ text: part, blocks: paragraphs(part, 0) }, [])
    own = []
  }
  const closeQuoted = () => {
    for (const part of quoted.join('\n').split(/\n[ \t]*\n/u)) builder.add('quote', part.trim(), [])
    quoted = []
  }
  let isOriginal = false
  for (const { start, end } of lines(text)) {
    const line = text.slice(start, end)
    const head = line.slice(0, LINE_ROOM)
    if (!isOriginal && isOriginalMark(head.trim())) {
      // A message that only forwards an older one is read as if it were its own.
      isOriginal = own.some((each) => each.trim() !== '') || quoted.length > 0 || builder.length() > 0
    }
    if (isOriginal || QUOTED.test(head)) {
      if (quoted.length === 0) {
        const named = isOriginal ? [] : takeAttribution(own)
        closeOwn()
        quoted = named
      }
      const unmarked = line.replace(/^(?:[ \t]*>)+[ \t]?/u, '')
      if (ATTRIBUTION.test(unmarked.slice(0, LINE_ROOM).trim())) quoted.push('')
      quoted.push(unmarked)
    } else if (quoted.length > 0 && head.trim() === '') quoted.push('')
    else {
      if (quoted.length > 0) closeQuoted()
      own.push(line)
    }
  }
  closeOwn()
  closeQuoted()
  return builder.finish()
}

/** Removes the attribution ("… wrote:") from the end of `own` and returns it. */
function takeAttribution(own: string[]): string[] {
  let end = own.length
  while (end > 0 && own[end - 1]?.trim() === '') end--
  if (!isAttribution(own[end - 1])) return []
  let start = end - 1
  while (start > 0 && end - start < ATTRIBUTION_LINES && own[start - 1]?.trim() !== '') start--
  // Lines right above it may be the author's own.
  while (start < end - 1 && !BEGINS.test(own[start]?.slice(0, LINE_ROOM) ?? '')) start++
  const taken = own.slice(start, end)
  own.length = start
  return [...taken, '']
}

const isAttribution = (line = ''): boolean => ATTRIBUTION.test(line.slice(-LINE_ROOM).trim())
/** An attribution begins with a date or with the author's address. */
const BEGINS = /\d{1,4}[./\s-]|@/u

/** Marks the quotes of an HTML body: quotations with their attribution line, and everything after an older message's mark. */
export function pageBody({ text, blocks }: Body): Body {
  let isOriginal = false
  let hasOwn = false
  const marked = blocks.map((block, at) => {
    const own = text.slice(block.start, Math.min(block.end, block.start + LINE_ROOM)).trim()
    if (isOriginalMark(own)) isOriginal ||= hasOwn
    const names = blocks[at + 1]?.kind === 'quote' && isAttribution(text.slice(block.start, block.end))
    if (isOriginal || names) return { ...block, kind: 'quote' as const }
    if (block.kind !== 'quote') hasOwn = true
    return block
  })
  return { text, blocks: marked }
}
