/** The best candidates as Markdown, each within its length, with the spans of what it quotes. */
import type { Span } from '../../domain/document.ts'
import { asksHow, asksList } from '../extractive/expected.ts'
import type { RankedBlock } from './rank.ts'
import { headingOf, type Quoted, renderCode, renderItem, renderProse, renderTable } from './render.ts'
import type { Unit } from './units.ts'

/** UTF-16 code units. */
const MAX_BLOCK = 400
/** Of a block where several things or steps are asked for. */
const MAX_LONG_BLOCK = 800
const MAX_GROUP = 900
/** Up to which further blocks are added. */
const ANSWER_LENGTH = 540
const MAX_BLOCKS = 6
/** Of a table that is not asked for as a whole. */
const MAX_ROWS = 3
/** Below the best one's score by so much, a block is no answer any more. */
const MAX_SCORE_GAP = 2.5
/** What follows a block that was taken, within a section, counts so much more. */
const NEXT_BLOCK = 0.2

/** A part of an answer with its own citation mark. */
export interface AnswerBlock {
  readonly text: string
  /** Of what is quoted, in the order of the text; spans of the document. */
  readonly spans: readonly Span[]
  /** Where the mark goes: after the last word, or on a line of its own behind code and tables. */
  readonly markOnOwnLine: boolean
  /** Whether its first line is the heading above it. */
  readonly hasHeading: boolean
  /** The block that answers best. */
  readonly unit: Unit
}

export function compose(question: string, ranked: readonly RankedBlock[]): AnswerBlock[] {
  const isLong = asksList(question) || asksHow(question)
  const taken: { main: RankedBlock; units: Unit[]; answer: AnswerBlock }[] = []
  const used = new Set<Unit>()
  const pool = [...ranked]
  let length = 0
  while (pool.length > 0 && taken.length < MAX_BLOCKS) {
    const next = bestOf(pool, taken.length === 0 ? undefined : used)
    const candidate = pool.splice(next, 1)[0]
    if (candidate === undefined || candidate.score < (ranked[0]?.score ?? 0) - MAX_SCORE_GAP) break
    const { units, introduction } = candidate.candidate
    if (units.some((unit) => used.has(unit)) || (introduction !== undefined && used.has(introduction)))
      continue
    const host = taken.find((one) => sharesTable(one.units, units))
    const answer =
      host === undefined
        ? rendered(candidate, units, isLong)
        : rendered(host.main, [...host.units, ...units], isLong)
    const added = answer.text.length - (host?.answer.text.length ?? 0)
    if (taken.length > 0 && length + added > ANSWER_LENGTH) continue
    for (const unit of units) used.add(unit)
    if (introduction !== undefined) used.add(introduction)
    length += added
    if (host === undefined) taken.push({ main: candidate, units: [...units], answer })
    else Object.assign(host, { units: [...host.units, ...units], answer })
  }
  return withoutRepeatedHeadings(taken.map(({ answer }) => answer))
}

/** A heading is said once, before the first block under it. */
function withoutRepeatedHeadings(answers: readonly AnswerBlock[]): AnswerBlock[] {
  let heading = ''
  return answers.map((answer) => {
    const [first = ''] = answer.text.split('\n', 1)
    if (!answer.hasHeading) return answer
    const isRepeated = first === heading
    heading = first
    if (!isRepeated) return answer
    return { ...answer, text: answer.text.slice(first.length).trimStart(), spans: answer.spans.slice(1) }
  })
}

/** Position in the pool of the one to take next. */
function bestOf(pool: readonly RankedBlock[], used: ReadonlySet<Unit> | undefined): number {
  if (used === undefined) return 0
  const last = [...used]
  const scores = pool.map(({ candidate, score }) => {
    const [first] = candidate.units
    const follows = last.some((unit) => first !== undefined && comesNext(unit, first))
    return score + (follows ? NEXT_BLOCK : 0)
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

function rendered(ranked: RankedBlock, units: readonly Unit[], isLong: boolean): AnswerBlock {
  const ordered = units.toSorted((a, b) => a.block.start - b.block.start)
  const [main = ordered[0]] = ranked.candidate.units
  if (main === undefined) throw new Error('a candidate has no block')
  const heading = headingOf(main)
  const whole = (quoted: Quoted): AnswerBlock => ({
    // A table begins after a blank line.
    text: [
      ...heading.map(({ text }) => (main.block.kind === 'row' ? `${text}\n` : text)),
      ...quoted.parts.map(({ text }) => text),
    ].join('\n'),
    spans: [...heading, ...quoted.parts].flatMap(({ spans }) => spans),
    markOnOwnLine: quoted.markOnOwnLine,
    hasHeading: heading.length > 0,
    unit: main,
  })
  const scoresOf = (unit: Unit) => ranked.sentences[ranked.candidate.units.indexOf(unit)] ?? []
  if (main.block.kind === 'row') {
    const total = ordered.reduce((sum, { text }) => sum + text.length, 0)
    const isWhole = ranked.candidate.kind === 'table' && isLong && total <= MAX_GROUP
    return whole(renderTable(isWhole ? ordered : fitting(ordered, scoresOf)))
  }
  if (ranked.candidate.kind === 'list') {
    const total = ordered.reduce((sum, { text }) => sum + text.length, 0)
    const outer = Math.min(...ordered.map(({ block }) => block.leads.length))
    const room = Math.floor(MAX_GROUP / ordered.filter(({ block }) => block.leads.length === outer).length)
    const items = total <= MAX_GROUP ? ordered : ordered.filter(({ block }) => block.leads.length === outer)
    return whole(renderItem(items, total <= MAX_GROUP ? undefined : Math.max(30, room - 2)))
  }
  if (main.block.kind === 'code') return whole(renderCode(main, isLong ? MAX_LONG_BLOCK : MAX_BLOCK))
  const room = isLong ? MAX_LONG_BLOCK : MAX_BLOCK
  const span =
    main.text.length <= room ? { start: 0, end: main.text.length } : window(main, scoresOf(main), room)
  return whole(renderProse(main, span))
}

/** The best rows, in their order; the best one always. */
function fitting(units: readonly Unit[], scoresOf: (unit: Unit) => readonly number[]): Unit[] {
  const best = units.toSorted((a, b) => Math.max(...scoresOf(b), -1) - Math.max(...scoresOf(a), -1))
  const kept = new Set<Unit>()
  let left = MAX_BLOCK
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
