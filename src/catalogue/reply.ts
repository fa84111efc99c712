/** Composes an answer of bounded length: a head, members with their quotations, and what is not shown. */
import type { Citation } from '../domain/answer.ts'
import type { Certainty } from '../domain/certainty.ts'
import type { Span } from '../domain/document.ts'
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
const MAX_MEMBERS = 12

export interface Member {
  /** What stands before the quotation. */
  readonly text: string
  readonly quotation?: Quotation | undefined
}

export interface ReplyParts {
  readonly head: string
  readonly members?: readonly Member[]
  /** What is said of members that are not shown, and what else follows. */
  readonly tail?: (hidden: readonly Member[]) => readonly string[]
  readonly quoted: (text: string) => string
  readonly maxMembers?: number
  readonly certainty?: CatalogueReply['certainty']
}

export function composeReply({
  head,
  members = [],
  tail,
  quoted,
  maxMembers = MAX_MEMBERS,
  certainty = 'answered',
}: ReplyParts): CatalogueReply {
  const citations: Citation[] = []
  const lines = [head]
  let length = head.length
  let shown = 0
  const room = MAX_REPLY_CHARACTERS - TAIL_CHARACTERS - head.length
  const each = Math.floor(room / Math.max(1, Math.min(members.length, maxMembers)))
  for (const { text, quotation } of members.slice(0, maxMembers)) {
    const cut = quotation && shortened(quotation, Math.max(MIN_QUOTED_CHARACTERS, each - text.length - 12))
    const mark = cut === undefined ? '' : ` [${citations.length + 1}]`
    const said = cut === undefined ? '' : `${text === '' ? '' : ': '}${quoted(shownText(cut.text))}${mark}`
    const line = `- ${text}${said}`
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

/** Cut at the end of a word; what is cited is what is shown. */
function shortened(quotation: Quotation, room: number): Quotation {
  const { span, text } = quotation
  const end = cutEnd(text, Math.min(room, MAX_QUOTED_CHARACTERS))
  return { ...quotation, text: text.slice(0, end), span: { start: span.start, end: span.start + end } }
}

function cutEnd(text: string, room: number): number {
  if (text.length <= room) return text.length
  const space = text.slice(0, room).search(/\s\S*$/u)
  return space > room / 2 ? space : beginningEnd(text, room)
}

/** On one line, without what would be read as a citation mark. */
const shownText = (text: string): string => oneLine(text).replace(/\[(\d+)\]/gu, '($1)')

/** UTF-16 code units before a word that a long sentence is cut to. */
const BEFORE_WORD_CHARACTERS = 80

/** A long sentence from a little before the place `at` on, so that what was looked for is shown. */
export function aroundPlace(text: string, span: Span, at: number): Span {
  if (span.end - span.start <= MAX_QUOTED_CHARACTERS || at - span.start <= BEFORE_WORD_CHARACTERS) return span
  const from = text.indexOf(' ', at - BEFORE_WORD_CHARACTERS) + 1
  return { start: from > span.start && from <= at ? from : at, end: span.end }
}
