import { expect, test } from 'vitest'
import type { CompletionPart } from '../../../../src/generate/engines/completion.ts'
import { wholeCharacters } from '../../../../src/generate/engines/whole-characters.ts'

async function read(...texts: string[]): Promise<string> {
  async function* pieces(): AsyncGenerator<CompletionPart> {
    for (const text of texts) yield { text }
    yield { finish: 'stop' }
  }
  let read = ''
  for await (const piece of wholeCharacters(pieces())) {
    if (!('text' in piece)) continue
    expect(piece.text.isWellFormed()).toBe(true)
    read += piece.text
  }
  return read
}

test.each([
  ['a pair in two pieces', ['a\ud83d', '\ude00b'], 'a😀b'],
  ['a pair around an empty piece', ['\ud83d', '', '\ude00'], '😀'],
  ['halves', ['a\ud83db', '\ude00', 'c\ud83d'], 'a\ufffdb\ufffdc\ufffd'],
  ['NUL', ['a\0', '\0b'], 'a\ufffd\ufffdb'],
])('%s', async (_, texts, whole) => {
  expect(await read(...texts)).toBe(whole)
})
