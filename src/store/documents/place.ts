/** Turns NULL columns into absent properties. */
export function place<Row extends { heading?: string | null; page: number | null; line: number | null }>(
  row: Row,
): { heading?: string; page?: number; line?: number } {
  return {
    ...(row.heading == null ? {} : { heading: row.heading }),
    ...(row.page === null ? {} : { page: row.page }),
    ...(row.line === null ? {} : { line: row.line }),
  }
}
