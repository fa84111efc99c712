import { expect, test } from 'vitest'
import { roots } from '../../../src/text/content-words.ts'
import { lexemes } from '../../../src/text/lexemes.ts'
import { unspacedParts } from '../../../src/text/unspaced.ts'

test.each([
  ['饭卡', ['饭', '饭卡', '卡']],
  ['鍵は', ['鍵', '鍵は']],
  ['カード', ['カー', 'ード']],
  ['は', ['は']],
  ['nginx设置', ['nginx', '设', '设置', '置']],
])('the parts of %s', (run, parts) => {
  expect(unspacedParts(run)).toEqual(parts)
})

test('a word inside a run is found by both comparisons', () => {
  const text = '食堂十一点半开始供应午餐。饭卡丢失后到二楼补办。'
  for (const word of ['饭卡', '午餐', '二楼']) {
    expect(lexemes(text)).toEqual(expect.arrayContaining(lexemes(word)))
    expect([...roots(word)].every((root) => roots(text).has(root))).toBe(true)
  }
  expect(lexemes(text)).not.toEqual(expect.arrayContaining(lexemes('停车')))
})

test('words between such runs are stemmed as everywhere', () => {
  expect(lexemes('设置parameters')).toContain(lexemes('parameter')[0])
})

test('spaced scripts are as before', () => {
  expect(lexemes('reading readFile читать')).toEqual(
    ['read', 'read', 'file', 'readfil', 'чита'].map((word) => word.replace('readfil', 'readfil')),
  )
})

test('a long run costs what its length costs', () => {
  expect(unspacedParts('卡'.repeat(100_000))).toHaveLength(199_999)
})
