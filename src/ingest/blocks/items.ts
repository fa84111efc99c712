/** Finds lists, procedures and task lists in text: one block per item; the items around a nested one are its leads. */
import type { Block } from '../../domain/block.ts'
import type { Span } from '../../domain/document.ts'
import { lines, trimmed } from '../../text/lines.ts'

type Item = Pick<Block, 'kind' | 'start' | 'end' | 'leads'>

export interface FoundList extends Span {
  readonly items: readonly Item[]
}

/** How much of a line is searched for its marker, in UTF-16 code units. */
const MARKER_ROOM = 200
const MARKER =
  /^(?<indent>[ \t]*)(?:[-+•‣◦▪–—]|\*\)?|o(?=[ \t])|(?=[☐☑☒])|(?<number>\(?(?:\d{1,3}(?:\.\d{1,3}){0,4}|\p{Ll})[.)]|\d{1,3}(?:\.\d{1,3}){1,4}(?=[ \t]+\p{Lu}\p{Ll})))(?:[ \t]+|(?=[☐☑☒]))(?<box>(?:\[[ xX]\]|[☐☑☒])[ \t])?(?=\S)/u
const FENCE = /^[ \t]*(?:```|~~~)/u
/** Levels of nested items; deeper ones count as the deepest. */
const MAX_NESTED_ITEMS = 16

/**
 * The list that begins at the first line with a marker and ends before text that belongs to no item; undefined if no
 * line has a marker. Linear in the length of the span.
 */
export function listIn(text: string, span: Span): FoundList | undefined {
  interface Open extends Span {
    kind: Block['kind']
    leads: readonly Span[]
    indent: number
    start: number
    end: number
  }
  const items: Open[] = []
  const around: Open[] = []
  let isFenced = false
  let isAfterBlank = false
  let end = span.start
  for (const line of lines(text, span.start, span.end)) {
    const start = line.start === span.start ? text.lastIndexOf('\n', span.start - 1) + 1 : line.start
    const head = text.slice(start, Math.min(line.end, start + MARKER_ROOM))
    if (FENCE.test(head)) isFenced = !isFenced
    const marker = isFenced ? null : MARKER.exec(head)
    const isBlank = head.trim() === ''
    if (marker) {
      const indent = columns(marker.groups?.indent ?? '')
      while (around.length > 0 && (around.at(-1)?.indent ?? 0) >= indent) around.pop()
      const item: Open = {
        kind: marker.groups?.box ? 'task' : marker.groups?.number ? 'step' : 'item',
        leads: around.map((outer) => ({ start: outer.start, end: outer.end })),
        indent,
        start: start + (marker.groups?.indent?.length ?? 0),
        end: line.end,
      }
      items.push(item)
      if (around.length < MAX_NESTED_ITEMS) around.push(item)
      end = line.end
    } else if (items.length > 0 && !isBlank) {
      // Text after a blank line that is not indented deeper than the outermost item ends the list.
      if (isAfterBlank && !isFenced && columns(/^[ \t]*/u.exec(head)?.[0] ?? '') <= (items[0]?.indent ?? 0))
        break
      const last = items.at(-1)
      if (last) last.end = line.end
      end = line.end
    }
    isAfterBlank = isBlank
  }
  const [first] = items
  if (!first) return undefined
  return {
    start: first.start,
    end,
    items: items.flatMap(({ kind, start, end: itemEnd, leads }) =>
      stepsIn(text, {
        kind,
        ...trimmed(text, { start, end: itemEnd }),
        leads: leads.map((lead) => trimmed(text, lead)),
      }),
    ),
  }
}

const NEXT_STEP = /(?<=[.;!?…]\s)(?<number>\d{1,3})[.)]\s(?=\p{Lu})/gu

/** Separates steps written on one line: `1. Press… 2. Wait…`. */
function stepsIn(text: string, item: Item): Item[] {
  const own = text.slice(item.start, item.end)
  if (item.kind !== 'step' || !/^1[.)]\s/u.test(own)) return [item]
  const cuts: number[] = []
  for (const { index, groups } of own.matchAll(NEXT_STEP))
    if (Number(groups?.number) === cuts.length + 2) cuts.push(item.start + index)
  return [item.start, ...cuts].map((start, at) => ({
    ...item,
    ...trimmed(text, { start, end: cuts[at] ?? item.end }),
  }))
}

const columns = (indent: string): number => indent.replaceAll('\t', '    ').length
