/** A table's text: a line for each row, its cells apart by ` | `, columns that are empty throughout left out. */
export type Row = readonly string[]

export function tableText(rows: readonly Row[]): string {
  const used = new Set<number>()
  // `forEach` leaves out the holes of sparse rows.
  for (const row of rows)
    row.forEach((cell, i) => {
      if (cell !== '') used.add(i)
    })
  const columns = [...used].toSorted((a, b) => a - b)
  return rows
    .map((row) => columns.map((column) => cellText(row[column] ?? '')).join(' | '))
    .filter((line) => /[^\s|]/u.test(line))
    .map((line) => line.trimEnd())
    .join('\n')
}

const cellText = (text: string): string => text.replace(/\s+/gu, ' ').trim()

/** The alternative text of a picture, unless a program guessed it. */
export const meaningful = (description = ''): string =>
  /automatically generated|создано автоматически|автоматически созданное/iu.test(description)
    ? ''
    : description.trim()
