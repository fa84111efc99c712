import type { Piece } from './completion.ts'

const OPENING = '<think>'
const CLOSING = '</think>'

/** Leaves out what a reasoning model thinks before its answer: the text between `<think>` and `</think>`. */
export async function* withoutThinking(pieces: AsyncIterable<Piece>): AsyncGenerator<Piece> {
  let state: 'undecided' | 'thinking' | 'answering' = 'undecided'
  let held = ''
  for await (const piece of pieces) {
    if (!('text' in piece)) {
      if ('finish' in piece && state === 'undecided' && held !== '') {
        state = 'answering'
        yield { text: held }
      }
      yield piece
      continue
    }
    if (state === 'answering') {
      yield piece
      continue
    }
    held += piece.text
    if (state === 'undecided') {
      const start = held.trimStart()
      if (start.startsWith(OPENING)) {
        state = 'thinking'
        held = start.slice(OPENING.length)
      } else if (!OPENING.startsWith(start)) {
        state = 'answering'
        yield { text: held }
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
