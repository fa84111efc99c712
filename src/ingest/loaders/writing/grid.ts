/** Expands merged cells: a value is repeated in every cell it covers, so that each row is complete. */

/** A cell as the format gives it, with the number of columns and rows it covers. */
export interface GridCell {
  readonly text: string
  readonly columns?: number
  readonly rows?: number
  /** Repeats the cell above. */
  readonly continued?: boolean
}

/** Header rows of a table that doesn't mark them: two if the first has merged cells; undefined to judge by the text. */
export const mergedHeaderRows = (
  isMerged: boolean,
  [, second = []]: readonly (readonly string[])[],
): 2 | undefined => (isMerged && second.some(Boolean) && !second.some(isNumber) ? 2 : undefined)

const isNumber = (cell: string): boolean => /\d/u.test(cell) && !/[^\d\s.,:%$€₽+−–-]/u.test(cell)

/** Columns or rows that a cell may cover: more are taken for an attack. */
const MAX_COVERED = 1000
/** Covered cells repeat at most this much text; UTF-16 code units. */
const MAX_REPEATED_CHARACTERS = 200
/** How many times longer expansion may make a table, bars included. */
const MAX_GROWTH = 8
const BAR = ' | '.length

/** The texts of each row by column. The only cell of a row is not repeated across it. Linear in the length of the cells. */
export function spread(rows: readonly (readonly GridCell[])[]): string[][] {
  let room = 0
  for (const row of rows) for (const { text } of row) room += MAX_GROWTH * (text.length + BAR)
  /** Cells of earlier rows that reach into this one, by column. */
  let reaching = new Map<number, { readonly text: string; rows: number }>()
  let above: readonly string[] = []
  return rows.map((row) => {
    const cells: string[] = []
    const next: typeof reaching = new Map()
    const isAlone =
      row.every(({ continued }) => !continued) &&
      row.filter(({ text }) => text !== '').length === 1 &&
      reaching.size === 0
    const takeReaching = () => {
      for (let cell = reaching.get(cells.length); cell; cell = reaching.get(cells.length)) {
        room -= cell.text.length + BAR
        if (cell.rows > 1 && room >= 0) next.set(cells.length, { text: cell.text, rows: cell.rows - 1 })
        cells.push(room < 0 ? '' : cell.text)
      }
    }
    for (const { text: own, columns = 1, rows: down = 1, continued } of row) {
      takeReaching()
      const text = continued ? (above[cells.length] ?? '').slice(0, MAX_REPEATED_CHARACTERS) : own
      if (continued) room -= text.length
      const repeated = text.slice(0, MAX_REPEATED_CHARACTERS)
      const covered = isAlone ? 1 : Math.min(columns, MAX_COVERED)
      for (let i = 0; i < covered; i++) {
        if (i > 0) room -= repeated.length + BAR
        if (i > 0 && room < 0) break
        if (down > 1 && room >= 0)
          next.set(cells.length, { text: repeated, rows: Math.min(down, MAX_COVERED) - 1 })
        cells.push(i === 0 ? text : repeated)
      }
    }
    takeReaching()
    reaching = next
    above = room < 0 ? [] : cells
    return cells
  })
}
