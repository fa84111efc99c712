import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkCitations } from '../../../../src/generate/grounded/citations.ts'
import { passage } from '../../../support/passages.ts'

const passages = [passage(1, 'one'), passage(2, 'two')]

function run(pieces: readonly string[]) {
  const check = checkCitations(passages)
  const taken = [...pieces.map((piece) => check.push(piece)), check.flush()]
  return {
    text: taken.map(({ text }) => text).join(''),
    cited: taken.flatMap(({ citations }) => citations.map(({ number }) => number)),
    pieces: taken.map(({ text }) => text),
  }
}

describe('citation marks in a stream', () => {
  test.each([
    ['a known mark stays and becomes a citation', ['Sky is blue [1].'], 'Sky is blue [1].', [1]],
    ['a mark may come in pieces', ['Sky [', '2', '] is'], 'Sky [2] is', [2]],
    ['several in one bracket are separated', ['Both [1, 2].'], 'Both [1][2].', [1, 2]],
    ['an unknown mark is dropped with the blank before it', ['Sky [7].'], 'Sky.', []],
    ['an unknown mark beside a known one is dropped', ['Sky [1, 9].'], 'Sky [1].', [1]],
    ['each passage is cited once', ['a [1] b [1]'], 'a [1] b [1]', [1]],
    ['other brackets pass', ['array[i] and [link](x) and []'], 'array[i] and [link](x) and []', []],
    ['an unfinished bracket at the end passes', ['see [1'], 'see [1', []],
    ['year-like numbers are marks of nothing', ['in [1984].'], 'in [1984].', []],
    ['adjacent marks are marks', ['Sky [1][2].'], 'Sky [1][2].', [1, 2]],
    ['an unknown mark before a known one keeps the blank', ['Sky [7][1].'], 'Sky [1].', [1]],
    ['a dropped mark leaves line breaks alone', ['one.\n\n[7] two'], 'one.\n\n two', []],
    [
      'a mark may touch a word of prose',
      ['Blue[1]. (Red)[2], 1990[1]'],
      'Blue[1]. (Red)[2], 1990[1]',
      [1, 2],
    ],
    ['marks may touch a word', ['Blue[1', '][2', '].'], 'Blue[1][2].', [1, 2]],
    ['a bracket at a word is never dropped', ['args[0] rows[10] argv[7].'], 'args[0] rows[10] argv[7].', []],
    ['nor half of one', ['m[1, 2] grid[1, 9]'], 'm[1, 2] grid[1, 9]', []],
    ['code is no mark', ['argv[1].length f()[1] a_b[1] fooBar[2] x[1]'], undefined, []],
    ['zero is no passage', ['gives [0] and [0, 1]'], undefined, []],
    ['a bracket after another is no mark', ['[x][1] and a[0][1]'], undefined, []],
    ['an assigned list is no mark', ['x = [1, 7]'], undefined, []],
    ['a link stays whole', ['see [9](9) and [text](1)'], undefined, []],
    ['a link to a passage cites it', ['see [2](b.md)'], undefined, [2]],
    ['inline code is left alone', ['`[7]` and ``a ` [7]`` [1]'], undefined, [1]],
    ['inline code in pieces', ['`', '`[7] ` [7]`', '` sky', ' [7]'], '``[7] ` [7]`` sky', []],
    ['a stray backtick ends with its line', ['a ` b [7]\nsky [1]'], undefined, [1]],
    [
      'fenced code is left alone',
      ['Do:\n```js\nf( [7] ) ``` [8]\n', '```\nSky [7] [1]'],
      'Do:\n```js\nf( [7] ) ``` [8]\n```\nSky [1]',
      [1],
    ],
    ['a fence in a list ends too', ['1. ```\n   [7]\n   ```\nSky [1]'], undefined, [1]],
    ['three backticks on one line are no fence', ['```[7]``` sky [1]\n[2]'], undefined, [1, 2]],
    ['a mark longer than any is text', [`a [1${' '.repeat(40)}]`], undefined, []],
  ] satisfies [string, string[], string | undefined, number[]][])('%s', (_name, pieces, text, cited) => {
    expect(run(pieces)).toMatchObject({ text: text ?? pieces.join(''), cited })
  })

  test('text is not held back longer than a mark could be', () => {
    expect(run(['Blue sky, ', 'green grass']).pieces[0]).toBe('Blue sky,')
  })

  test('however the text is cut, the result is the same', () => {
    const token = fc.constantFrom(
      'sky ',
      '[1]',
      '[2, 1]',
      '[9]',
      '[x]',
      '[0]',
      `[1,${' '.repeat(36)}2]`,
      `[1,${' '.repeat(37)}2]`,
      `[9${' '.repeat(39)}]`,
      'args',
      'f(x)',
      'word',
      '.',
      '(',
      '=',
      '`',
      '```',
      '- ',
      '[',
      ']',
      ' ',
      '1',
      ',',
      'конец. ',
      '\n',
    )
    fc.assert(
      fc.property(
        fc.array(token, { maxLength: 30 }),
        fc.array(fc.nat(200), { maxLength: 20 }),
        (tokens, cuts) => {
          const text = tokens.join('')
          const places = [...new Set(cuts.map((cut) => Math.min(cut, text.length)))].sort((a, b) => a - b)
          const pieces = [0, ...places].map((from, index) =>
            text.slice(from, [...places, text.length][index]),
          )
          const whole = run([text])
          const cut = run(pieces)
          expect(cut.text).toBe(whole.text)
          expect(cut.cited).toEqual(whole.cited)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
