import { describe, expect, it, test } from 'vitest'
import { onOtherKeyboard, spellingsOf } from '../../../src/text/misspellings.ts'

const wordsOf = (written: string) => spellingsOf(written).map(({ word }) => word)
const likelihood = (written: string, meant: string) =>
  spellingsOf(written).find(({ word }) => word === meant)?.likelihood ?? Number.NEGATIVE_INFINITY

describe('the spellings of a word', () => {
  it.each([
    ['departre', 'departure', 'a letter left out'],
    ['chambber', 'chamber', 'a doubled one'],
    ['aloigthms', 'aloigthm', 'a letter too many'],
    ['рассписание', 'расписание', 'a doubled one, in Russian'],
    ['очисттиь', 'очистить', 'two swapped'],
    ['настроить', 'настроитть', 'one that should be doubled'],
    ['deploiment', 'deployment', 'another letter'],
  ])('%s may mean %s: %s', (written, meant) => {
    expect(wordsOf(written)).toContain(meant)
  })

  it('are one mistake away, none of them the word itself', () => {
    const words = wordsOf('station')
    expect(words).not.toContain('station')
    expect(words).not.toContain('nation')
    expect(new Set(words).size).toBe(words.length)
    expect(words.length).toBeLessThan(500)
  })

  it('swapped, doubled and neighbouring letters are likelier than any other, the first letter is hardly wrong', () => {
    expect(likelihood('biulding', 'building')).toBeGreaterThan(likelihood('biulding', 'biuldong'))
    expect(likelihood('acount', 'account')).toBeGreaterThan(likelihood('acount', 'amcount'))
    expect(likelihood('dstabase', 'database')).toBeGreaterThan(likelihood('dstabase', 'dqtabase'))
    expect(likelihood('wable', 'cable')).toBeLessThan(likelihood('wable', 'wabla'))
  })

  it('grow with the word, not with its square', () => {
    const [short, long] = ['a'.repeat(40), 'a'.repeat(80)].map((word) => spellingsOf(word).length)
    expect((long ?? 0) / (short ?? 1)).toBeLessThan(2.2)
  })
})

test.each([
  ['ghbdtn', 'привет'],
  ['руддщ', 'hello'],
  ['J,jkjxrf', 'оболочка'],
  ['2 ltrf,hz', '2 декабря'],
  ['[jkjlbkmybr', 'холодильник'],
])('%s typed on the other keyboard is %s', (typed, meant) => {
  expect(onOtherKeyboard(typed)).toBe(meant)
})

test.each(['123', '', 'ключ API', '!'])('"%s" says nothing of a keyboard', (typed) => {
  expect(onOtherKeyboard(typed)).toBeUndefined()
})
