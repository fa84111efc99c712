/** Composes an answer from the best candidates, as Markdown of limited length with the quoted spans. */
import type { Span } from '../../domain/document.ts'
import { asksHow, asksList } from '../extractive/expected.ts'
import type { RankedBlock } from './rank.ts'
import { headingOf, type Quoted, renderCode, renderItems, renderProse, renderTable } from './render.ts'
import type { Unit } from './units.ts'

/** Lengths are in UTF-16 code units. */
const MAX_BLOCK_CHARACTERS = 400
/** Limit of a block if the question asks for several things or steps. */
const MAX_LONG_BLOCK_CHARACTERS = 800
/** Limit of a list or table quoted whole; of a longer list, the beginnings of its items are quoted. */
const MAX_LIST_CHARACTERS = 900
const MIN_ITEM_CHARACTERS = 30
/** Blocks are added as long as the answer is not longer than this. */
const MAX_ANSWER_CHARACTERS = 540
const MAX_BLOCKS = 6
/** Rows quoted from a table that is not asked for as a whole. */
const MAX_ROWS = 3
/** A block whose score is lower than the best by more than this does not answer the question. */
export const MAX_SCORE_GAP = 2.5
/** Added to the score of a block right after one already taken. */
const NEXT_BLOCK_BONUS = 0.2

/** A part of an answer with its own citation mark. */
export interface AnswerBlock {
  readonly text: string
  /** The quoted spans of the document, in the order of `text`. */
  readonly spans: readonly Span[]
  /** Whether the mark goes on a line of its own, after code and tables, rather than after the last word. */
  readonly markOnOwnLine: boolean
  /** The block that answers best. */
  readonly unit: Unit
}

/** An answer block before headings already quoted are dropped. */
interface Drafted extends Quoted {
  readonly heading: Quoted['parts']
  readonly unit: Unit
}

/** `parts`: how many answers share the usual length. */
export function compose(question: string, ranked: readonly RankedBlock[], parts = 1): AnswerBlock[] {
  const isLong = asksList(question) || asksHow(question)
  const taken: { readonly main: RankedBlock; units: readonly Unit[]; drafted: Drafted }[] = []
  const used = new Set<Unit>()
  const pool = [...ranked]
  let length = 0
  while (pool.length > 0 && taken.length < MAX_BLOCKS) {
    const candidate = pool.splice(bestOf(pool, used), 1)[0]
    if (candidate === undefined || candidate.score < (ranked[0]?.score ?? 0) - MAX_SCORE_GAP) break
    const { units, introduction } = candidate.candidate
    if (units.some((unit) => used.has(unit)) || (introduction !== undefined && used.has(introduction)))
      continue
    const host = taken.find((one) => sharesTable(one.units, units))
    const main = host?.main ?? candidate
    const together = host === undefined ? units : [...host.units, ...units]
    const drafted = draft(main, together, isLong)
    const added = textOf(drafted).length - (host === undefined ? 0 : textOf(host.drafted).length)
    if (taken.length > 0 && length + added > MAX_ANSWER_CHARACTERS / parts) continue
    for (const unit of units) used.add(unit)
    if (introduction !== undefined) used.add(introduction)
    length += added
    if (host === undefined) taken.push({ main, units: together, drafted })
    else Object.assign(host, { units: together, drafted })
  }
  return answerBlocks(taken.map(({ drafted }) => drafted))
}

/** The best sentence or rows of a candidate, without the heading above. */
export function composeBrief(ranked: RankedBlock): AnswerBlock {
  const { candidate, sentences } = ranked
  const drafted = draft(ranked, candidate.units, false)
  const { unit } = drafted
  const scores = sentences[candidate.units.indexOf(unit)] ?? []
  const best = unit.sentences[scores.indexOf(Math.max(...scores))]
  const isProse = candidate.kind === 'block' && unit.block.kind !== 'row' && unit.block.kind !== 'code'
  const brief = isProse && best !== undefined ? renderProse(unit, best) : drafted
  const spans = brief.parts.flatMap((part) => part.spans)
  return {
    text: textOf({ ...drafted, ...brief, heading: [] }),
    spans,
    markOnOwnLine: brief.markOnOwnLine,
    unit,
  }
}

/** A heading is quoted once, before the first block under it. */
function answerBlocks(drafts: readonly Drafted[]): AnswerBlock[] {
  let said: string | undefined
  return drafts.map((drafted) => {
    const heading = drafted.heading.filter(({ text }) => text !== said)
    said = drafted.heading[0]?.text ?? said
    const { parts, markOnOwnLine, unit } = drafted
    const spans = [...heading, ...parts].flatMap((part) => part.spans)
    return { text: textOf({ ...drafted, heading }), spans, markOnOwnLine, unit }
  })
}

/** In Markdown, a table needs a blank line before it. */
const textOf = ({ heading, parts, unit }: Drafted): string =>
  [
    ...heading.map(({ text }) => (unit.block.kind === 'row' ? `${text}\n` : text)),
    ...parts.map(({ text }) => text),
  ].join('\n')

/** Index in the pool of the candidate to take next. */
function bestOf(pool: readonly RankedBlock[], used: ReadonlySet<Unit>): number {
  const scores = pool.map(({ candidate, score }) => {
    const [first] = candidate.units
    const follows = first !== undefined && [...used].some((unit) => comesNext(unit, first))
    return score + (follows ? NEXT_BLOCK_BONUS : 0)
  })
  return scores.indexOf(Math.max(...scores))
}

function comesNext(before: Unit, after: Unit): boolean {
  if (before.excerpt !== after.excerpt || after.block.start < before.block.end) return false
  return before.excerpt.blocks.every(({ start }) => start <= before.block.start || start >= after.block.start)
}

const sharesTable = (a: readonly Unit[], b: readonly Unit[]): boolean => {
  const [one, other] = [a[0], b[0]]
  return (
    one?.excerpt === other?.excerpt &&
    one?.block.kind === 'row' &&
    other?.block.kind === 'row' &&
    one.block.group?.start === other.block.group?.start
  )
}

function draft(ranked: RankedBlock, units: readonly Unit[], isLong: boolean): Drafted {
  const ordered = units.toSorted((a, b) => a.block.start - b.block.start)
  const [unit = ordered[0]] = ranked.candidate.units
  if (unit === undefined) throw new Error('a candidate has no block')
  return { ...quoted(ranked, unit, ordered, isLong), heading: headingOf(unit), unit }
}

function quoted(
  { candidate, sentences }: RankedBlock,
  unit: Unit,
  units: readonly Unit[],
  isLong: boolean,
): Quoted {
  const scoresOf = (one: Unit) => sentences[candidate.units.indexOf(one)] ?? []
  const isShort = units.reduce((sum, { text }) => sum + text.length, 0) <= MAX_LIST_CHARACTERS
  if (unit.block.kind === 'row')
    return renderTable(candidate.kind === 'table' && isLong && isShort ? units : fitting(units, scoresOf))
  if (candidate.kind === 'section') {
    const parts = units.flatMap((one) => renderProse(one, { start: 0, end: one.text.length }).parts)
    return { parts, markOnOwnLine: false }
  }
  if (candidate.kind === 'list') {
    if (isShort) return renderItems(units)
    const outer = Math.min(...units.map(({ block }) => block.leads.length))
    const items = units.filter(({ block }) => block.leads.length === outer)
    const room = Math.floor(MAX_LIST_CHARACTERS / items.length) - 2
    return renderItems(items, Math.max(MIN_ITEM_CHARACTERS, room))
  }
  const room = isLong ? MAX_LONG_BLOCK_CHARACTERS : MAX_BLOCK_CHARACTERS
  const isWhole = unit.text.length <= room
  const span = isWhole ? { start: 0, end: unit.text.length } : window(unit, scoresOf(unit), room)
  return unit.block.kind === 'code' ? renderCode(unit, span) : renderProse(unit, span)
}

/** The best rows that fit, in their order; the best one always. */
function fitting(units: readonly Unit[], scoresOf: (unit: Unit) => readonly number[]): Unit[] {
  const best = units.toSorted((a, b) => Math.max(...scoresOf(b), -1) - Math.max(...scoresOf(a), -1))
  const kept = new Set<Unit>()
  let left = MAX_BLOCK_CHARACTERS
  for (const unit of best.slice(0, MAX_ROWS)) {
    if (kept.size > 0 && unit.text.length > left) continue
    kept.add(unit)
    left -= unit.text.length + 1
  }
  return units.filter((unit) => kept.has(unit))
}

/** The best sentence, extended by its neighbours, better ones first, as long as `room` allows. */
function window({ sentences }: Unit, scores: readonly number[], room: number): Span {
  const at = scores.indexOf(Math.max(...scores))
  let from = Math.max(0, at)
  let to = from
  const lengthOf = (a: number, b: number) => (sentences[b]?.end ?? 0) - (sentences[a]?.start ?? 0)
  for (;;) {
    const canGoBack = from > 0 && lengthOf(from - 1, to) <= room
    const canGoOn = to < sentences.length - 1 && lengthOf(from, to + 1) <= room
    if (canGoOn && (!canGoBack || (scores[to + 1] ?? 0) >= (scores[from - 1] ?? 0))) to++
    else if (canGoBack) from--
    else break
  }
  return { start: sentences[from]?.start ?? 0, end: sentences[to]?.end ?? 0 }
}
