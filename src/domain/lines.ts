/**
 * The lines of a text that comes in pieces, without their ends. Only a line feed ends a line: `node:readline` also
 * splits at U+2028, which JSON writes as it is.
 */
export async function* linesOf(pieces: AsyncIterable<unknown>): AsyncGenerator<string> {
  let line = ''
  for await (const piece of pieces) {
    const [first, ...more] = String(piece).split('\n')
    line += first
    for (const next of more) {
      yield line
      line = next
    }
  }
  if (line !== '') yield line
}
