/** The text of a message: what its author wrote now, and what it quotes of older ones. */
import type { LoadedDocument } from '../../domain/document.ts'
import { anyOf } from '../../text/all-languages.ts'
import { lines } from '../../text/lines.ts'
import { paragraphs } from './text.ts'
import { createTextBuilder } from './writing/text-builder.ts'

type Body = Pick<LoadedDocument, 'text' | 'blocks'>

/** UTF-16 code units of a line that tell what it is. */
const LINE_ROOM = 300
/** Lines over which "On …, … wrote:" may be broken. */
const ATTRIBUTION_LINES = 3
const QUOTED = /^[ \t]*>/u
const ATTRIBUTION = new RegExp(`${anyOf(({ documents }) => documents.wroteWords)}[^\\p{L}]{0,3}[:：]$`, 'iu')
/** Above a whole older message. */
const ORIGINAL = new RegExp(`^${anyOf(({ documents }) => documents.originalMessage)}$`, 'iu')
const isOriginalMark = (line: string): boolean =>
  /^(?:--|__)/u.test(line) &&
  ORIGINAL.test(
    line
      .split(/[-_\s]/u)
      .filter(Boolean)
      .join(' '),
  )

/** Of plain text: lines after `>` are quoted, with the line that names their author; their marks are left out. */
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
      // A message that is nothing but an older one is read as its own.
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

/** Takes the lines that end with "… wrote:" off the end. */
function takeAttribution(own: string[]): string[] {
  let end = own.length
  while (end > 0 && own[end - 1]?.trim() === '') end--
  if (!isAttribution(own[end - 1])) return []
  let start = end - 1
  while (start > 0 && end - start < ATTRIBUTION_LINES && own[start - 1]?.trim() !== '') start--
  // What stands right above it may be the author's own.
  while (start < end - 1 && !BEGINS.test(own[start]?.slice(0, LINE_ROOM) ?? '')) start++
  const taken = own.slice(start, end)
  own.length = start
  return [...taken, '']
}

const isAttribution = (line = ''): boolean => ATTRIBUTION.test(line.slice(-LINE_ROOM).trim())
/** With a date, or with the address of the author. */
const BEGINS = /\d{1,4}[./\s-]|@/u

/** Of a page: its quotations, with the line that names their author, and all that follows an older message's mark. */
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
