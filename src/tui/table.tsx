/** A Markdown table in columns; as one record a row where the terminal is too narrow for columns. */
import { Box, Text } from 'ink'
import type { Tokens } from 'marked'
import stringWidth from 'string-width'
import { Inline, plainText } from './inline.tsx'

interface TableProps {
  readonly table: Tokens.Table
  readonly width: number
}

const COLUMN_GAP = 2
const MIN_COLUMN_WIDTH = 6

export function Table({ table, width }: TableProps) {
  const widths = columnWidths(table, width)
  return widths === undefined ? <Records table={table} /> : <Columns table={table} widths={widths} />
}

function Columns({ table, widths }: { table: Tokens.Table; widths: readonly number[] }) {
  const rule = widths.map((columns) => '─'.repeat(columns)).join(' '.repeat(COLUMN_GAP))
  return (
    <Box flexDirection="column" flexShrink={0}>
      <Row cells={table.header} widths={widths} bold />
      <Text dimColor wrap="truncate">
        {rule}
      </Text>
      {table.rows.map((cells, index) => {
        const position = `${index}`
        return <Row key={position} cells={cells} widths={widths} />
      })}
    </Box>
  )
}

interface RowProps {
  readonly cells: readonly Tokens.TableCell[]
  readonly widths: readonly number[]
  readonly bold?: boolean
}

function Row({ cells, widths, bold = false }: RowProps) {
  return (
    <Box columnGap={COLUMN_GAP} flexShrink={0}>
      {widths.map((columns, index) => {
        const position = `${index}`
        const cell = cells[index]
        return (
          <Box key={position} width={columns} flexShrink={0} justifyContent={side(cell?.align)}>
            <Text bold={bold}>{cell === undefined ? '' : <Inline tokens={cell.tokens} />}</Text>
          </Box>
        )
      })}
    </Box>
  )
}

const side = (align: Tokens.TableCell['align'] | undefined) =>
  align === 'right' ? 'flex-end' : align === 'center' ? 'center' : 'flex-start'

function Records({ table }: { table: Tokens.Table }) {
  return (
    <Box flexDirection="column" rowGap={1} flexShrink={0}>
      {table.rows.map((cells, row) => {
        const position = `${row}`
        return (
          <Box key={position} flexDirection="column" flexShrink={0}>
            {cells.map((cell, column) => {
              const place = `${column}`
              return (
                <Text key={place}>
                  <Text bold>{plainText(table.header[column]?.tokens ?? [])}: </Text>
                  <Inline tokens={cell.tokens} />
                </Text>
              )
            })}
          </Box>
        )
      })}
    </Box>
  )
}

/** Natural widths, the widest columns shortened until the table fits; undefined when it cannot. */
function columnWidths({ header, rows }: Tokens.Table, width: number): number[] | undefined {
  const widths = header.map((cell, index) =>
    Math.max(
      1,
      ...[cell, ...rows.map((row) => row[index])].map((each) => stringWidth(plainText(each?.tokens ?? []))),
    ),
  )
  const room = width - COLUMN_GAP * (widths.length - 1)
  if (room < widths.length * MIN_COLUMN_WIDTH && room < sum(widths)) return undefined
  let excess = sum(widths) - room
  while (excess > 0) {
    const widest = Math.max(...widths)
    const index = widths.indexOf(widest)
    const next = Math.max(...widths.filter((each) => each < widest), MIN_COLUMN_WIDTH)
    const cut = Math.min(excess, Math.max(1, widest - next))
    widths[index] = widest - cut
    excess -= cut
  }
  return widths
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)
