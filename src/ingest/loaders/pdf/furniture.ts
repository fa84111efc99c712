/** Running headers, footers and page numbers: lines at the edge of pages that many pages have in the same place. */
import { sameLine, type TextRun } from './runs.ts'

/** Pages near each other that must have a line before it is dropped, and how far apart they may be (left, right). */
const MIN_PAGES = 3
const MAX_PAGES_APART = 2
/** Lines looked at from each edge of a page. */
const EDGE_LINES = 2
/** Points by which the place may differ. */
const MAX_OFFSET_POINTS = 4

/** A run at the edge of a page, with the line it is in: `Chapter 2` beside the title of a section. */
interface EdgeRun {
  readonly page: number
  readonly line: readonly TextRun[]
}

/** The pages without their furniture. `bodySize` is the size of most of the text: larger lines are titles. */
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

/** What is the same on all pages: the text, with any number for any other. */
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
