/** UTF-16 code units of a row whose cells are read. */
const MAX_ROW_CHARACTERS = 2000

/** The cells of a row written as `a | b` or `| a | b |`. */
export const cellsOf = (row: string): string[] =>
  row
    .slice(0, MAX_ROW_CHARACTERS)
    .replace(/^\|(.*)\|$/u, '$1')
    .split(/(?<!\\)\|/u)
    .map((cell) => cell.trim())
