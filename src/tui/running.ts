/** The answer being made: what has been received, and how much of it is in the scrollback already. */
import type { Answer, StageName } from '../domain/answer.ts'
import { type BlockStart, splitBlocks, TEXT_START } from './blocks.ts'
import type { ScreenEntry } from './entries.ts'

export interface Running {
  readonly question: string
  /** Milliseconds, of the clock that also times the stages. */
  readonly startedAt: number
  readonly stage: { readonly name: StageName; readonly startedAt: number } | undefined
  readonly finished: readonly { readonly stage: StageName; readonly ms: number }[]
  /** As received. */
  readonly text: string
  /** The first block that is not in the scrollback. */
  readonly shown: BlockStart
  readonly cancelling: boolean
}

export interface Viewport {
  readonly columns: number
  readonly rows: number
}

/** A step of the running answer, and what it moves to the scrollback. */
export interface Step {
  readonly running: Running
  readonly printed: readonly ScreenEntry[]
}

export const startRunning = (question: string, at: number): Running => ({
  question,
  startedAt: at,
  stage: undefined,
  finished: [],
  text: '',
  shown: TEXT_START,
  cancelling: false,
})

export function stageStarted(running: Running, name: StageName, at: number): Running {
  return { ...running, stage: { name, startedAt: at } }
}

export function stageFinished(running: Running, stage: StageName, ms: number | undefined): Running {
  return {
    ...running,
    stage: running.stage?.name === stage ? undefined : running.stage,
    finished: ms === undefined ? running.finished : [...running.finished, { stage, ms }],
  }
}

/** Rows of the screen that the answer's live part leaves to the prompt and the status. */
const RESERVED_ROWS = 8

/** More is not drawn again and again: the cost of a frame grows with it. */
const MAX_LIVE_ROWS = 16

/** Most rows that the answer's live part takes. */
export const liveRows = ({ rows }: Viewport): number =>
  Math.min(MAX_LIVE_ROWS, Math.max(4, rows - RESERVED_ROWS))

/**
 * Takes more text. When it has grown out of its rows, whole blocks go to the scrollback from the top, until
 * half of the rows are free: each such move is a frame of its own.
 */
export function append(running: Running, delta: string, viewport: Viewport): Step {
  const text = running.text + delta
  const complete = text.lastIndexOf('\n') + 1
  const blocks = splitBlocks(text.slice(0, complete), running.shown)
  let height = heightOf(text.slice(running.shown.start), viewport.columns) + blocks.length
  let shown = running.shown
  const printed: ScreenEntry[] = []
  const rows = liveRows(viewport)
  const goal = height > rows ? rows / 2 : rows
  for (const [index, block] of blocks.slice(0, -1).entries()) {
    if (height <= goal) break
    printed.push(blockEntry(text, block))
    height -= heightOf(text.slice(block.start, block.end), viewport.columns) + 1
    shown = blocks[index + 1] ?? shown
  }
  return { running: { ...running, text, shown: { start: shown.start, gap: shown.gap } }, printed }
}

/** A new attempt keeps the first `keep` code units. The scrollback cannot be taken back, only said to be void. */
export function restart(running: Running, keep: number): Step {
  const text = running.text.slice(0, keep)
  const stage = { stage: undefined, finished: [] }
  if (keep >= running.shown.start) return { running: { ...running, ...stage, text }, printed: [] }
  return { running: { ...running, ...stage, text, shown: TEXT_START }, printed: [VOID] }
}

/** Everything that was not in the scrollback yet, and what follows the text. */
export function finish(running: Running, answer: Answer): readonly ScreenEntry[] {
  const same = answer.text.startsWith(running.text.slice(0, running.shown.start))
  const printed = same ? rest(answer.text, running.shown) : [VOID, ...rest(answer.text, TEXT_START)]
  return [...printed, { type: 'outcome', answer }]
}

/** What was received of an answer that will not be completed. */
export const unfinished = ({ text, shown }: Running): readonly ScreenEntry[] => rest(text, shown)

export const wholeText = (text: string): readonly ScreenEntry[] => rest(text, TEXT_START)

const VOID: ScreenEntry = {
  type: 'notice',
  tone: 'warning',
  text: 'The answer was started again. What follows replaces the text above.',
}

const rest = (text: string, from: BlockStart): readonly ScreenEntry[] =>
  splitBlocks(text, from).map((block) => blockEntry(text, block))

const blockEntry = (
  text: string,
  { start, end, gap }: { start: number; end: number; gap: boolean },
): ScreenEntry => ({
  type: 'block',
  text: text.slice(start, end),
  gap,
})

/** An estimate; the screen is clipped to what really fits. */
function heightOf(text: string, columns: number): number {
  let rows = 0
  for (const line of text.split('\n')) rows += Math.max(1, Math.ceil(line.length / Math.max(1, columns)))
  return rows
}
