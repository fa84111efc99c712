/** The part of the running answer that is not in the scrollback yet: at most one screen. */
import { Box } from 'ink'
import { splitBlocks } from '../terminal/markdown/blocks.ts'
import { Markdown } from './markdown.tsx'
import { liveRows, type Running, type Viewport } from './running.ts'

export function LiveAnswer({
  running,
  viewport,
}: {
  readonly running: Running
  readonly viewport: Viewport
}) {
  const blocks = splitBlocks(running.text, running.shown)
  if (blocks.length === 0) return null
  const rows = liveRows(viewport)
  return (
    <Box flexDirection="column" justifyContent="flex-end" overflow="hidden" maxHeight={rows}>
      {blocks.map(({ start, end, gap }) => (
        <Box key={start} marginTop={gap ? 1 : 0} flexShrink={0} flexDirection="column">
          <Markdown
            text={ending(running.text.slice(start, end), rows, viewport.columns)}
            width={viewport.columns}
          />
        </Box>
      ))}
    </Box>
  )
}

/**
 * As much of the end of a block as fits into its rows, so that the cost of a frame does not grow with the block. Keeps
 * the lines that make it a code block or a table.
 */
export function ending(block: string, rows: number, columns: number): string {
  if (block.length <= columns && rows > 1) return block
  const lines = block.split('\n')
  if (lines.length <= rows && block.length <= rows * columns) return block
  const head = lines.slice(0, headLines(lines))
  const tail = lines.slice(head.length).slice(-rows).join('\n')
  return [...head, tail.length > rows * columns ? lastWords(tail, rows * columns) : tail].join('\n')
}

function headLines([first = '', second = '']: readonly string[]): number {
  if (/^ {0,3}(```|~~~)/.test(first)) return 1
  return first.includes('|') && /^[\s|:-]+$/.test(second) ? 2 : 0
}

function lastWords(text: string, length: number): string {
  const end = text.slice(-length)
  return end.slice(end.search(/\s/) + 1)
}
