/** The answer being made: what has been received, and how much of it is in the scrollback already. */
import type { Answer, Passage, StageName } from '../domain/answer.ts'
import { type BlockStart, splitBlocks, TEXT_START } from '../terminal/markdown/blocks.ts'
import type { ScreenEntry } from './entries.ts'

export interface Running {
  readonly question: string
  /** Milliseconds, by the clock that times the stages. */
  readonly startedAt: number
  readonly stage: { readonly name: StageName; readonly startedAt: number } | undefined
  readonly finished: readonly { readonly stage: StageName; readonly ms: number }[]
  /** The passages that the answer is made from. */
  readonly context: readonly Passage[] | undefined
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

/** An update of the running answer, and the entries it moves to the scrollback. */
export interface Step {
  readonly running: Running
  readonly printed: readonly ScreenEntry[]
}

export const startRunning = (question: string, at: number): Running => ({
  question,
  startedAt: at,
  stage: undefined,
  finished: [],
  context: undefined,
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

/** Screen rows left to the prompt and the status. */
const RESERVED_ROWS = 8

/** Maximum redrawn rows: they determine the cost of a frame. */
const MAX_LIVE_ROWS = 16

/** Maximum rows of the live part. */
export const liveRows = ({ rows }: Viewport): number =>
  Math.min(MAX_LIVE_ROWS, Math.max(4, rows - RESERVED_ROWS))

/**
 * Appends text. If it outgrows its rows, whole blocks move to the scrollback from the top until half of the rows are
 * free, because each move costs a frame.
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

/** A new attempt keeps the first `keep` code units. Text in the scrollback cannot be removed, only declared void. */
export function restart(running: Running, keep: number): Step {
  const text = running.text.slice(0, keep)
  const stage = { stage: undefined, finished: [] }
  if (keep >= running.shown.start) return { running: { ...running, ...stage, text }, printed: [] }
  return { running: { ...running, ...stage, text, shown: TEXT_START }, printed: [VOID] }
}

/** Moves the rest of the text to the scrollback, followed by the outcome. */
export function finish(running: Running, answer: Answer): readonly ScreenEntry[] {
  const same = answer.text.startsWith(running.text.slice(0, running.shown.start))
  const printed = same ? rest(answer.text, running.shown) : [VOID, ...rest(answer.text, TEXT_START)]
  return [...printed, { type: 'outcome', answer }]
}

/** The text so far of an answer that will not be completed. */
export const unfinished = ({ text, shown }: Running): readonly ScreenEntry[] => rest(text, shown)

export const wholeText = (text: string): readonly ScreenEntry[] => rest(text, TEXT_START)

const VOID: ScreenEntry = {
  type: 'notice',
  tone: 'warning',
  text: 'The answer was restarted. The text below replaces the text above.',
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

/** An estimate; the screen is clipped to what fits. */
function heightOf(text: string, columns: number): number {
  let rows = 0
  for (const line of text.split('\n')) rows += Math.max(1, Math.ceil(line.length / Math.max(1, columns)))
  return rows
}
