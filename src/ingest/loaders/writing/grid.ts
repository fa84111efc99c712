/** Merged cells of tables: the value of a cell stands in every cell that it covers, so that each row is complete. */

/** A cell as its format tells it, with the columns and rows that it covers. */
export interface GridCell {
  readonly text: string
  readonly columns?: number
  readonly rows?: number
}

/** Columns and rows that one cell may cover: more were made to harm. */
const MOST_COVERED = 1000
/** Of a cell, what the cells that it covers repeat; in UTF-16 code units. */
const LONGEST_REPEATED = 200
/** UTF-16 code units of covered cells, bars included, for each of the table's own. */
const MOST_REPEATED = 8
const BAR = ' | '.length

/** Texts by column. A cell that fills its row alone is written once. Linear in the length of the cells. */
export function spread(rows: readonly (readonly GridCell[])[]): string[][] {
  let room = 0
  for (const row of rows) for (const { text } of row) room += MOST_REPEATED * (text.length + BAR)
  /** By column, the cells of rows above that reach down. */
  let reaching = new Map<number, { readonly text: string; rows: number }>()
  return rows.map((row) => {
    const cells: string[] = []
    const next: typeof reaching = new Map()
    const isAlone = row.filter(({ text }) => text !== '').length === 1 && reaching.size === 0
    const takeReaching = () => {
      for (let above = reaching.get(cells.length); above; above = reaching.get(cells.length)) {
        if (above.rows > 1) next.set(cells.length, { text: above.text, rows: above.rows - 1 })
        room -= above.text.length + BAR
        cells.push(room < 0 ? '' : above.text)
      }
    }
    for (const { text, columns = 1, rows: down = 1 } of row) {
      takeReaching()
      const repeated = text.slice(0, LONGEST_REPEATED)
      const covered = isAlone ? 1 : Math.min(columns, MOST_COVERED)
      for (let i = 0; i < covered; i++) {
        if (i > 0) room -= repeated.length + BAR
        if (i > 0 && room < 0) break
        if (down > 1 && room >= 0)
          next.set(cells.length, { text: repeated, rows: Math.min(down, MOST_COVERED) - 1 })
        cells.push(i === 0 ? text : repeated)
      }
    }
    takeReaching()
    reaching = room < 0 ? new Map() : next
    return cells
  })
}
