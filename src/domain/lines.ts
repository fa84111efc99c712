/**
 * The lines of a chunked text, without line ends. Only a line feed ends a line: `node:readline` also splits at
 * U+2028, which JSON leaves unescaped. Throws `RangeError` if a line is longer than `maxCharacters`.
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
