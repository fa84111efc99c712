/** Composes an answer of bounded length: a head, members with their quotations, and what is not shown. */
import type { Citation } from '../domain/answer.ts'
import type { Certainty } from '../domain/certainty.ts'
import { beginningEnd } from '../text/beginning.ts'
import { oneLine } from '../text/lines.ts'
import { citationOf, type Quotation } from './reader.ts'

export interface CatalogueReply {
  readonly text: string
  readonly certainty: Extract<Certainty, 'answered' | 'talk'>
  readonly citations: readonly Citation[]
}

/** UTF-16 code units of an answer. */
const MAX_REPLY_CHARACTERS = 1500
/** Kept for what is said after the members. */
const TAIL_CHARACTERS = 220
const MAX_MEMBERS = 10

export interface Member {
  /** What stands before the quotation. */
  readonly text: string
  readonly quotation?: Quotation | undefined
  /** UTF-16 code units of the quotation that are enough. */
  readonly most?: number | undefined
}

export interface ReplyParts {
  readonly head: string
  /** Cited by the head. */
  readonly source?: Quotation | undefined
  readonly members?: readonly Member[]
  /** What is said of members that are not shown, and what else follows. */
  readonly tail?: (hidden: readonly Member[]) => readonly string[]
  readonly quoted: (text: string) => string
  readonly maxMembers?: number
  readonly certainty?: CatalogueReply['certainty']
}

export function composeReply({
  head: said,
  source,
  members = [],
  tail,
  quoted,
  maxMembers = MAX_MEMBERS,
  certainty = 'answered',
}: ReplyParts): CatalogueReply {
  const citations: Citation[] =
    source === undefined ? [] : [citationOf(1, shortened(source, MAX_QUOTED_CHARACTERS))]
  const head = source === undefined ? said : `${said} [1]`
  const lines = [head]
  let length = head.length
  let shown = 0
  const room = MAX_REPLY_CHARACTERS - TAIL_CHARACTERS - head.length
  const each = Math.floor(room / Math.max(1, Math.min(members.length, maxMembers)))
  for (const { text, quotation, most = MAX_QUOTED_CHARACTERS } of members.slice(0, maxMembers)) {
    const cut =
      quotation &&
      shortened(quotation, Math.min(most, Math.max(MIN_QUOTED_CHARACTERS, each - text.length - 12)))
    const mark = cut === undefined ? '' : ` [${citations.length + 1}]`
    const quote = cut === undefined ? '' : `${text === '' ? '' : ': '}${quoted(shownText(cut.text))}${mark}`
    const line = `- ${text}${quote}`
    if (length + line.length + 1 > MAX_REPLY_CHARACTERS - TAIL_CHARACTERS) break
    if (cut !== undefined) citations.push(citationOf(citations.length + 1, cut))
    lines.push(line)
    length += line.length + 1
    shown += 1
  }
  const after = tail?.(members.slice(shown)) ?? []
  return { text: [...lines, ...after].join('\n'), certainty, citations }
}

const MIN_QUOTED_CHARACTERS = 40
const MAX_QUOTED_CHARACTERS = 240

/** Cut at words, around what was looked for; what is cited is what is shown. */
function shortened(quotation: Quotation, most: number): Quotation {
  const { span, text, at = span.start } = quotation
  const room = Math.min(most, MAX_QUOTED_CHARACTERS)
  if (text.length <= room) return quotation
  const start = startBefore(text, at - span.start, room)
  const end = start + cutEnd(text.slice(start), room)
  return {
    ...quotation,
    text: text.slice(start, end),
    span: { start: span.start + start, end: span.start + end },
  }
}

/** Of the room, the part that may stand before what was looked for. */
const BEFORE_PART = 0.4

function startBefore(text: string, at: number, room: number): number {
  if (at <= room * BEFORE_PART) return 0
  const space = text.indexOf(' ', Math.ceil(at - room * BEFORE_PART))
  return space === -1 || space >= at ? at : space + 1
}

function cutEnd(text: string, room: number): number {
  if (text.length <= room) return text.length
  const space = text.slice(0, room).search(/\s\S*$/u)
  return space > room / 2 ? space : beginningEnd(text, room)
}

/** On one line, without what would be read as a citation mark; of a row, its cells alone. */
const shownText = (text: string): string =>
  oneLine(text)
    .replace(/\[(\d+)\]/gu, '($1)')
    .replace(/^\| | \|$/gu, '')
