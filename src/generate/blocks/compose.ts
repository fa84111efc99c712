/** The best candidates as Markdown, each within its length, with the spans of what it quotes. */
import type { Span } from '../../domain/document.ts'
import { asksHow, asksList } from '../extractive/expected.ts'
import type { RankedBlock } from './rank.ts'
import { headingOf, type Quoted, renderCode, renderItems, renderProse, renderTable } from './render.ts'
import type { Unit } from './units.ts'

/** UTF-16 code units. */
const MAX_BLOCK_CHARACTERS = 400
/** Of a block where several things or steps are asked for. */
const MAX_LONG_BLOCK_CHARACTERS = 800
/** Of a list or table that is given whole; of a longer list, the beginnings of its items. */
const MAX_LIST_CHARACTERS = 900
const MIN_ITEM_CHARACTERS = 30
/** Up to which further blocks are added. */
const MAX_ANSWER_CHARACTERS = 540
const MAX_BLOCKS = 6
/** Of a table that is not asked for as a whole. */
const MAX_ROWS = 3
/** Below the best one's score by so much, a block is no answer any more. */
const MAX_SCORE_GAP = 2.5
/** What follows a block that was taken, within a section, counts so much more. */
const NEXT_BLOCK_BONUS = 0.2

/** A part of an answer with its own citation mark. */
export interface AnswerBlock {
  readonly text: string
  /** Of what is quoted, in the order of the text; spans of the document. */
  readonly spans: readonly Span[]
  /** Where the mark goes: after the last word, or on a line of its own behind code and tables. */
  readonly markOnOwnLine: boolean
  /** The block that answers best. */
  readonly unit: Unit
}

/** What an answer block is made of. */
interface Drafted extends Quoted {
  readonly heading: Quoted['parts']
  readonly unit: Unit
}

export function compose(question: string, ranked: readonly RankedBlock[]): AnswerBlock[] {
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
    if (taken.length > 0 && length + added > MAX_ANSWER_CHARACTERS) continue
    for (const unit of units) used.add(unit)
    if (introduction !== undefined) used.add(introduction)
    length += added
    if (host === undefined) taken.push({ main, units: together, drafted })
    else Object.assign(host, { units: together, drafted })
  }
  return answerBlocks(taken.map(({ drafted }) => drafted))
}

/** A heading is said once, before the first block under it. */
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

/** A table begins after a blank line. */
const textOf = ({ heading, parts, unit }: Drafted): string =>
  [
    ...heading.map(({ text }) => (unit.block.kind === 'row' ? `${text}\n` : text)),
    ...parts.map(({ text }) => text),
  ].join('\n')

/** Position in the pool of the one to take next. */
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
  if (candidate.kind === 'list') {
    if (isShort) return renderItems(units)
    const outer = Math.min(...units.map(({ block }) => block.leads.length))
    const items = units.filter(({ block }) => block.leads.length === outer)
    const room = Math.floor(MAX_LIST_CHARACTERS / items.length) - 2
    return renderItems(items, Math.max(MIN_ITEM_CHARACTERS, room))
  }
  const room = isLong ? MAX_LONG_BLOCK_CHARACTERS : MAX_BLOCK_CHARACTERS
  if (unit.block.kind === 'code') return renderCode(unit, room)
  const isWhole = unit.text.length <= room
  return renderProse(unit, isWhole ? { start: 0, end: unit.text.length } : window(unit, scoresOf(unit), room))
}

/** The best rows, in their order; the best one always. */
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

/** The best sentence, grown by its neighbours up to the room, the better of both first. */
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
