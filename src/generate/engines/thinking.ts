import type { CompletionPart } from './completion.ts'

const OPENING = '<think>'
const CLOSING = '</think>'

/** Leaves out what a reasoning model thinks before its answer: the text between `<think>` and `</think>`. */
export async function* withoutThinking(
  pieces: AsyncIterable<CompletionPart>,
): AsyncGenerator<CompletionPart> {
  let state: 'undecided' | 'thinking' | 'answering' = 'undecided'
  // White space before the answer, and what may still be a mark.
  let blank = ''
  let held = ''
  for await (const piece of pieces) {
    if (!('text' in piece)) {
      if ('finish' in piece && state === 'undecided' && blank + held !== '') {
        state = 'answering'
        yield { text: blank + held }
      }
      yield piece
      continue
    }
    if (state === 'answering') {
      yield piece
      continue
    }
    const text: string = held === '' && state === 'undecided' ? piece.text.trimStart() : piece.text
    blank += piece.text.slice(0, piece.text.length - text.length)
    held += text
    if (state === 'undecided') {
      if (held.startsWith(OPENING)) {
        state = 'thinking'
        held = held.slice(OPENING.length)
      } else if (!OPENING.startsWith(held)) {
        state = 'answering'
        yield { text: blank + held }
        continue
      }
    }
    if (state === 'thinking') {
      const end = held.indexOf(CLOSING)
      if (end < 0) held = held.slice(-CLOSING.length)
      else {
        state = 'answering'
        const answer = held.slice(end + CLOSING.length)
        if (answer !== '') yield { text: answer }
      }
    }
  }
}
