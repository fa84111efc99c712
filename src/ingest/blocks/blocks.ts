/** Turns the parts that a loader found in a document into the blocks that answers are made of. */
import type { Block } from '../../domain/block.ts'
import type { LoadedBlock, LoadedDocument, Span } from '../../domain/document.ts'
import { endsWithColon, trimmed } from '../../text/lines.ts'
import { splitSentences } from '../../text/sentences.ts'
import { listIn } from './items.ts'
import { tableIn } from './rows.ts'

/** How much of a paragraph's end is searched for a lead, the sentence that introduces what follows; UTF-16 code units. */
const LEAD_ROOM = 400

/** In reading order; only leads overlap other blocks. Linear in the length of the text. */
export function blocksOf({ text, blocks: parts }: Pick<LoadedDocument, 'text' | 'blocks'>): Block[] {
  const found: Block[] = []
  let before: Block | undefined
  for (const part of wholeLists(text, parts)) {
    const blocks = blocksOfPart(text, part, leadTo(text, before, part))
    for (const block of blocks) found.push(block)
    before = blocks.at(-1)
  }
  return found
}

/** Joins adjacent lists: some formats give every item as a list of its own. */
function wholeLists(text: string, parts: readonly LoadedBlock[]): LoadedBlock[] {
  const found: LoadedBlock[] = []
  for (const part of parts) {
    const last = found.at(-1)
    if (
      last?.kind === 'list' &&
      part.kind === 'list' &&
      last.areFields === part.areFields &&
      isUnder(last, part) &&
      text.slice(last.end, part.start).trim() === ''
    )
      found[found.length - 1] = { ...last, end: part.end }
    else found.push(part)
  }
  return found
}

const isUnder = (a: Pick<Block, 'headings'>, b: Pick<Block, 'headings'>): boolean =>
  a.headings.length === b.headings.length && a.headings.at(-1) === b.headings.at(-1)

function blocksOfPart(text: string, part: LoadedBlock, lead: Span | undefined): Block[] {
  const leads = lead === undefined ? [] : [lead]
  const { headings, page } = part
  const whole: Omit<Block, 'kind' | 'leads'> = { ...trimmed(text, part), headings, page }
  if (whole.start === whole.end) return []
  switch (part.kind) {
    case 'heading':
      return [{ ...whole, kind: 'heading', leads: [] }]
    case 'table': {
      const { header, rows } = tableIn(text, whole, part.headerRows)
      // A table of one column is layout.
      if (!header.length && rows.every((row) => !text.slice(row.start, row.end).includes('|')))
        return rows.map((row) => ({ ...whole, ...row, kind: 'paragraph', leads }))
      if (rows.length === 0) return [{ ...whole, kind: 'paragraph', leads }]
      const group = { start: whole.start, end: whole.end }
      return rows.map(({ under, ...row }) => ({
        ...whole,
        ...row,
        kind: 'row',
        group,
        leads: [...leads, ...header, ...(under ? [under] : [])],
      }))
    }
    case 'code':
      return [{ ...whole, kind: 'code', leads, language: part.language }]
    case 'quote':
      return [{ ...whole, kind: 'quote', leads }]
    case 'list': {
      const found = withLists(text, whole, leads)
      return part.areFields ? found.map((block) => ({ ...block, kind: 'field' })) : found
    }
    case 'paragraph':
      return withLists(text, whole, leads)
  }
}

/** Splits text into paragraphs and the items of the lists in it. */
function withLists(text: string, part: Omit<Block, 'kind' | 'leads'>, leads: readonly Span[]): Block[] {
  const found: Block[] = []
  let rest: Span = part
  let before = leads
  while (rest.start < rest.end) {
    const list = listIn(text, rest)
    const isList = list && (list.items.length > 1 || list.start === rest.start)
    const prose = trimmed(text, { start: rest.start, end: isList ? list.start : rest.end })
    if (prose.start < prose.end) {
      const block: Block = { ...part, ...prose, kind: 'paragraph', leads: before }
      found.push(block)
      const lead = leadIn(text, block)
      before = lead ? [lead] : []
    }
    if (!isList) break
    const group = { start: list.start, end: list.end }
    const outer = before
    for (const item of list.items) found.push({ ...part, ...item, group, leads: [...outer, ...item.leads] })
    rest = trimmed(text, { start: list.end, end: part.end })
    before = []
  }
  return found
}

/** The lead to this part: the last sentence of the block before, if it announces something. */
function leadTo(text: string, before: Block | undefined, part: LoadedBlock): Span | undefined {
  if (before === undefined || part.kind === 'heading') return undefined
  if (!isUnder(before, part)) return undefined
  if (text.slice(before.end, part.start).trim() !== '') return undefined
  if (before.kind === 'quote' || part.kind === 'quote')
    return before.kind === part.kind ? leadIn(text, before) : undefined
  if (before.kind !== 'paragraph' && before.kind !== 'item' && before.kind !== 'step') return undefined
  return leadIn(text, before, part.kind === 'code')
}

const QUESTION = /[?？]["»”*_`)]*$/u

/** The last sentence of a block if it ends with a colon or is a question; with `always`, whatever it is. */
function leadIn(
  text: string,
  block: Pick<Block, 'kind' | 'start' | 'end'>,
  always = false,
): Span | undefined {
  const from = Math.max(block.start, block.end - LEAD_ROOM)
  const end = text.slice(from, block.end)
  const isLead = endsWithColon(end) || (block.kind === 'paragraph' && QUESTION.test(end))
  if (!always && !isLead) return undefined
  const last = splitSentences(end).at(-1)
  return last === undefined ? undefined : { start: from + last.start, end: block.end }
}
