/** Removes running headers, footers and page numbers: edge lines that several pages have in the same place. */
import { sameLine, type TextRun } from './runs.ts'

/** A line is dropped if this many pages have it, each at most this far from the next (left and right pages may differ). */
const MIN_PAGES = 3
const MAX_PAGES_APART = 2
/** Lines examined at the top and bottom of a page. */
const EDGE_LINES = 2
/** Tolerance of the vertical position, in points. */
const MAX_OFFSET_POINTS = 4

/** A run at the edge of a page, with its whole line: `Chapter 2` may stand beside a changing section title. */
interface EdgeRun {
  readonly page: number
  readonly line: readonly TextRun[]
}

/** The pages without furniture. Lines larger than `bodySize`, the size of most text, are kept as titles. */
export function withoutFurniture(pages: readonly (readonly TextRun[])[], bodySize: number): TextRun[][] {
  const seen = new Map<string, EdgeRun[]>()
  for (const [page, runs] of pages.entries())
    for (const line of edgeLines(runs)) {
      if (line.some(({ size }) => size > 1.15 * bodySize)) continue
      for (const run of line) {
        const key = `${Math.round(run.bottom / MAX_OFFSET_POINTS)} ${shape(run.text)}`
        const found = seen.get(key)
        if (found) found.push({ page, line })
        else seen.set(key, [{ page, line }])
      }
    }
  const dropped = new Set<TextRun>()
  for (const found of seen.values())
    for (const group of neighbours(found))
      if (new Set(group.map(({ page }) => page)).size >= MIN_PAGES)
        for (const { line } of group) for (const run of line) dropped.add(run)
  return pages.map((runs) => runs.filter((run) => !dropped.has(run)))
}

/** The part of the text that all pages share: every number is replaced by `#`. */
const shape = (text: string): string => text.trim().replace(/^[ivxlc]+$|\d+/giu, '#')

function edgeLines(runs: readonly TextRun[]): TextRun[][] {
  const lines: TextRun[][] = []
  for (const run of runs.toSorted((a, b) => b.bottom - a.bottom || a.left - b.left)) {
    const last = lines.at(-1)
    const first = last?.[0]
    if (last && first && sameLine(first, run)) last.push(run)
    else lines.push([run])
  }
  return lines.length <= 2 * EDGE_LINES ? lines : [...lines.slice(0, EDGE_LINES), ...lines.slice(-EDGE_LINES)]
}

function* neighbours(lines: readonly EdgeRun[]): Generator<EdgeRun[]> {
  let group: EdgeRun[] = []
  for (const line of lines) {
    const before = group.at(-1)
    if (before && line.page - before.page > MAX_PAGES_APART) {
      yield group
      group = []
    }
    group.push(line)
  }
  yield group
}
