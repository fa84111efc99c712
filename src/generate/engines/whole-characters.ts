import type { CompletionPart } from './completion.ts'

/** The pieces with what no text may hold replaced: NUL, and half of a surrogate pair whose other half does not follow. */
export async function* wholeCharacters(
  pieces: AsyncIterable<CompletionPart>,
): AsyncGenerator<CompletionPart> {
  // The first half of a pair may end a piece whose successor begins with the second.
  let half = ''
  for await (const piece of pieces) {
    if (!('text' in piece)) {
      yield piece
      continue
    }
    let text = half + piece.text
    half = /[\ud800-\udbff]$/.exec(text)?.[0] ?? ''
    text = text.slice(0, text.length - half.length)
    if (text !== '') yield { text: text.replaceAll('\0', '\ufffd').toWellFormed() }
  }
  if (half !== '') yield { text: '\ufffd' }
}
