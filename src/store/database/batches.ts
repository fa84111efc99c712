/** A statement can have at most 65,535 parameters, and long ones block PGlite's single session for questions. */
const MAX_ROWS = 250
const MAX_BYTES = 1_000_000

/** Rows in order, in batches that fit into one statement; `size` estimates a row's bytes. */
export function* batches<Row>(rows: Iterable<Row>, size: (row: Row) => number = () => 0): Generator<Row[]> {
  let batch: Row[] = []
  let bytes = 0
  for (const row of rows) {
    const rowBytes = size(row)
    if (batch.length > 0 && (batch.length === MAX_ROWS || bytes + rowBytes > MAX_BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(row)
    bytes += rowBytes
  }
  if (batch.length > 0) yield batch
}
