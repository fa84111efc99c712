import { describe, expect, test } from 'vitest'
import { inForce, type Standing, type Statement } from '../../../../src/generate/editions/in-force.ts'
import { excerpt } from './excerpt.ts'

const statement = (uri: string, text: string, given: Partial<Statement> = {}): Statement => ({
  ...{ excerpt: excerpt({ uri }), headings: [], text, about: '', score: 0, standing: 'own', isField: false },
  ...given,
})

const found = (question: string, ranked: readonly Statement[]) => {
  const result = inForce(question, ranked, (one) => one, 2)
  return result && { chosen: result.chosen.text, earlier: result.earlier?.text, isOfTime: result.isOfTime }
}

describe('of editions', () => {
  const fares = [2018, 2020, 2022, 2024].map((year, at) =>
    statement(`fares-${year}.md`, `The ferry costs ${10 + at} euros.`),
  )

  test.each([
    ['What does the ferry cost?', 'The ferry costs 13 euros.', 'The ferry costs 12 euros.'],
    ['What does the ferry cost now?', 'The ferry costs 13 euros.', 'The ferry costs 12 euros.'],
    ['What did the ferry cost in 2020?', 'The ferry costs 11 euros.', undefined],
    ['What did the ferry cost in 2021?', 'The ferry costs 11 euros.', undefined],
    ['What did the ferry cost before 2020?', 'The ferry costs 10 euros.', undefined],
    ['What was the previous cost of the ferry?', 'The ferry costs 12 euros.', undefined],
    ['What did the ferry cost originally?', 'The ferry costs 10 euros.', undefined],
  ])('%s', (question, chosen, earlier) => {
    expect(found(question, fares)).toEqual({ chosen, earlier, isOfTime: true })
  })

  test('none is of a time before all of them', () => {
    expect(found('What did the ferry cost in 2010?', fares)?.isOfTime).toBe(false)
  })

  test('an older one that says the same is not mentioned', () => {
    const same = ['fares-2020.md', 'fares-2024.md'].map((uri) => statement(uri, 'The ferry costs 12 euros.'))
    expect(found('What does the ferry cost?', same)?.earlier).toBeUndefined()
  })

  test('in Russian, by date and by version', () => {
    const rules = [1, 2, 3].map((version) =>
      statement(`Регламент v${version}.md`, `Станок проверяют каждые ${version * 30} дней.`),
    )
    expect(found('Как часто сейчас проверяют станок?', rules)?.chosen).toContain('90')
    expect(found('Как часто проверяли станок во второй редакции?', rules)?.chosen).toContain('60')
  })
})

describe('versions are none', () => {
  test.each([
    [
      'statements about different things',
      ['a-2020.md', 'The iron lamp costs 5.'],
      ['b-2024.md', 'The oak lamp costs 7.'],
    ],
    ['statements without a date', ['a.md', 'The lamp costs 5.'], ['b.md', 'The lamp costs 7.']],
    [
      'statements that lack what is asked',
      ['a-2020.md', 'The lamp costs 5.'],
      ['b-2024.md', 'The shop opens at 7.'],
    ],
  ])('%s', (_, [a = '', one = ''], [b = '', other = '']) => {
    expect(found('What does the lamp cost?', [statement(a, one), statement(b, other)])).toBeUndefined()
  })
})

test.each(['quoted', 'void'] satisfies Standing[])(
  'what is %s counts less than what a document says',
  (standing) => {
    const own = excerpt({ uri: 'mail.eml' })
    const ranked = [
      statement('', 'The piano arrives on 4 May.', { excerpt: own, standing }),
      statement('', 'The piano now arrives on 9 May.', { excerpt: own, score: -1 }),
    ]
    const result = found('When does the piano arrive?', ranked)
    expect(result?.chosen).toContain('9 May')
    expect(result?.earlier !== undefined).toBe(standing === 'quoted')
  },
)
