import { describe, expect, it } from 'vitest'
import type { Certainty } from '../../../src/domain/certainty.ts'
import { cut, partsOf } from '../../../src/evaluation/counted.ts'
import { keyedOutcome } from '../../../src/evaluation/keyed.ts'
import { type Comparing, meets, plain } from '../../../src/evaluation/keys.ts'
import type { EvalQuestion } from '../../../src/evaluation/questions.ts'
import { expectLinear } from '../../support/growth.ts'
import { question } from './question.ts'

const ru: Comparing = { language: 'ru' }
const exact: Comparing = { caseSensitive: true }
type Row = readonly [key: string, text: string, how?: Comparing]
const isIn: readonly Row[] = [
  ['1000', 'up to 1 000 rows'],
  ['1000', 'up to 1\u00a0000 rows'],
  ['1000', 'up to 1\u2009000 rows'],
  ['1000', 'up to 1\u202f000 rows'],
  ['1000', 'up to 1,000 rows'],
  ['1,000', 'up to 1000 rows'],
  ['1,600', '1 600'],
  ['2024', 'in 2024 300 people came'],
  ['1000', 'from 1 000 2024 people'],
  ['2 500 ₽', 'до 2500 ₽', ru],
  ['0.5', 'цена 0,5 ₽', ru],
  ['100', '| 5 | 100 | 200 |'],
  ['1048576', '1,048,576 bytes'],
  ['50', 'The limit is 50.'],
  ['50', '50% of it'],
  ['50', 'a 50-page report'],
  ['50', '(50)'],
  ['50', '50…'],
  ['50', '10-50 of them'],
  ['50', 'at most\n50. Then'],
  ['8883', '127.0.0.1:8883'],
  ['250', '250kg'],
  ['1.25.1', 'since v1.25.1'],
  ['1.25.1', 'since 1.25.1.'],
  ['10%', '10 %'],
  ['10 %', '10%'],
  ['10 MB', '10MB'],
  ['24hours', '24 hours'],
  ['host', 'the host.'],
  ['rsa', 'MAX_RSA'],
  ['заморажив', 'замораживают', ru],
  ['отчет', 'отчёт готов', ru],
  ['ещё', 'еще три', ru],
  ['"quoted" - so', '“quoted” — so'],
  ['"Лист A4"', '«Лист A4»', ru],
  ['no-break', 'no\u2011break'],
  ['softhyphen', 'soft\u00adhyphen'],
  ['-30°C', '−30 °C'],
  ['bold and code', '**Bold** and `code`'],
  ['the guide says', 'the [guide](a/b.md) says'],
  ['the guide says', 'the [guide](a_(b).md "A guide") says'],
  ['it holds more', 'it holds [1] more'],
  ['502', '[500, 502, 503]'],
  ['unique_violation', 'unique_violation'],
  ['once only', '_once_ only'],
  ['quoted text', '> quoted\n> text'],
  ['a b', 'a |\n|---|\n| b'],
  ['a b', 'a<br/>b'],
  ['>= 12', '>= 12'],
  ['%D', '%D', exact],
]
const isNotIn: readonly Row[] = [
  ['000', '5,000 lines'],
  ['500', '2 500 ₽', ru],
  ['100', '5 100 rows'],
  ['50', 'it is 50.5'],
  ['50', 'it is 1.50'],
  ['50', 'it is 150'],
  ['50', 'it is 50,000'],
  ['50', 'at 7:50'],
  ['50', 'at 50:07'],
  ['50', 'Do this:\n\n50. Press'],
  ['40', 'error 40P01'],
  ['50', '50k users'],
  ['2.26', '2.26.1'],
  ['30 minutes', '130 minutes'],
  ['501', '50¹ of them'],
  ['stable', 'unstable'],
  ['host', 'hostssl'],
  ['dsa', 'rsa'],
  ['врем', 'во времена', ru],
  ['%D', '%d', exact],
  ['', 'anything'],
]

describe('keys', () => {
  for (const [key, text, how = {}] of isIn)
    it(`${JSON.stringify(key)} is in ${JSON.stringify(text)}`, () => {
      expect(meets(text, [[key]], how)).toBe(true)
    })

  for (const [key, text, how = {}] of isNotIn)
    it(`${JSON.stringify(key)} is not in ${JSON.stringify(text)}`, () => {
      expect(meets(text, [[key]], how)).toBe(false)
    })

  it('are one of each group', () => {
    expect(meets('On Monday at 9.', [['monday', 'tuesday'], ['9']], {})).toBe(true)
    expect(meets('On Monday.', [['monday', 'tuesday'], ['9']], {})).toBe(false)
  })

  it.each(['[a](', '1 ', '`', '- ', '| --', '<a ', '_', '*', '> ', '1,000,', '9'])(
    'take time in proportion to the text: %j',
    { timeout: 60_000 },
    async (piece) => {
      expect(plain(piece.repeat(50_000)).length).toBeLessThan(1_000_000)
      await expectLinear(200_000, (size) => piece.repeat(size / piece.length), plain)
    },
  )
})

describe('parts of an answer', () => {
  const cited = (text: string, ...numbers: number[]) =>
    partsOf(text, new Set(numbers)).map((part) => part.cited)
  const texts = (text: string, ...numbers: number[]) =>
    partsOf(text, new Set(numbers)).map(({ text }) => text)

  it('end behind their marks', () => {
    expect(cited('A b. [1]\n\nC [2][3]. D', 1, 2, 3)).toEqual([[1], [2, 3], []])
    expect(cited('A [1, 2] b', 1, 2)).toEqual([[1, 2], []])
    expect(partsOf('a [7] b [1]', new Set([1]))).toHaveLength(1)
  })

  it('do not end in code', () => {
    expect(texts('`a[1]` b [1]', 1)).toEqual(['`a[1]` b '])
    expect(cited('```js\na [1]\nb\n``` [2]', 1, 2)).toEqual([[2]])
    expect(texts('a [1] `b` c [2]', 1, 2)).toEqual(['a ', '`b` c '])
  })

  it('end behind the paragraph of a fence that was cut off', () => {
    expect(cited('```js\na[1]\nb [1]\n\nc [2]', 1, 2)).toEqual([[1], [2]])
  })

  it('are cut between words', () => {
    expect(cut('it is 1000', 8)).toBe('it is ')
    expect(cut('it is 1000', 6)).toBe('it is ')
    expect(cut('it is 1000', 10)).toBe('it is 1000')
    expect(cut('x'.repeat(500_000), 400_000)).toBe('')
  })
})

describe('an answer with keys', () => {
  const citations = [
    { number: 1, document: 'id-a', uri: 'x/a.md' },
    { number: 2, document: 'id-b', uri: 'x/b.md' },
  ]
  const passages = [
    { document: 'id-b', uri: 'x/b.md', text: `${'b '.repeat(150)}1,000` },
    { document: 'id-a', uri: 'x/a.md', text: `${'a '.repeat(100)}1,000` },
  ]
  const judged = (text: string, more: Partial<EvalQuestion> = {}, certainty: Certainty = 'answered') =>
    keyedOutcome(
      question({ must: [['1000']], documents: ['a.md'], ...more }),
      { text, certainty, citations },
      passages,
    )

  it('is useful where it meets them early, late, first or not at all', () => {
    expect(judged('It is 1,000. [1]')).toMatchObject({ early: true, late: true, first: true })
    const [some, much] = ['b '.repeat(300), 'b '.repeat(600)]
    expect(judged(`${some}[2]\n\nIt is 1,000. [1]`)).toMatchObject({ early: false, late: true, first: false })
    expect(judged(`${much}[2]\n\nIt is 1,000. [1]`)).toMatchObject({ early: false, late: false })
    expect(judged(`${some}[2]\n\nIt is 1,000. [1]`, { long: true })).toMatchObject({ early: true })
  })

  it.each([
    ['from another document', 'It is 1,000. [2]'],
    ['by nothing', 'It is 1,000.'],
    ['by nothing, behind something', 'Some. [1] It is 1,000.'],
    ['wrongly', 'It is 10. [1]'],
  ])('is of no use where it is cited %s', (_, text) => {
    expect(judged(text)).toMatchObject({ early: false, late: false, first: false })
  })

  it.each(['unsure', 'not_found'] as const)(
    'is of no use where it is %s, whatever it quotes',
    (certainty) => {
      const useless = { early: false, late: false, first: false }
      expect(judged('It is 1,000. [1]', {}, certainty)).toMatchObject({ ...useless, quoted: true })
      expect(judged('It is 1,000. [2]', {}, certainty)).toMatchObject({ ...useless, quoted: false })
    },
  )

  it('may be cited from what answers as well', () => {
    const also = [{ document: 'b.md', text: '1,000' }]
    expect(judged('It is 1,000. [2]', { also })).toMatchObject({ early: true })
  })

  it('stands beside its passages, pasted and cut', () => {
    expect(judged('')).toMatchObject({ held: true, pastedEarly: false, pastedLate: true, pastedFirst: false })
    const also = [{ document: 'b.md', text: '1,000' }]
    expect(judged('', { also })).toMatchObject({ pastedEarly: true, pastedFirst: true })
  })
})
