/** Turns NULL columns into absent properties. */
export function place<Row extends { heading?: string | null; page: number | null; line: number | null }>(
  row: Row,
): { heading?: string; page?: number; line?: number } {
  return {
    heading: row.heading ?? undefined,
    page: row.page ?? undefined,
    line: row.line ?? undefined,
  }
}
