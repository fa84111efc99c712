/**
 * The lines of a text that comes in pieces, without their ends. Only a line feed ends a line: `node:readline` also
 * splits at U+2028, which JSON writes as it is. Throws `RangeError` when a line is longer than `maxCharacters`.
 */
export async function* linesOf(
  pieces: AsyncIterable<unknown>,
  maxCharacters = Number.POSITIVE_INFINITY,
): AsyncGenerator<string> {
  let line = ''
  for await (const piece of pieces) {
    const [first, ...more] = String(piece).split('\n')
    line += first
    if (line.length > maxCharacters) throw new RangeError(`a line has more than ${maxCharacters} characters`)
    for (const next of more) {
      yield line
      line = next
    }
  }
  if (line !== '') yield line
}
