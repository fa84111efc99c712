import { expect, test } from 'vitest'
import { standingOfBlock, standingOfSentence } from '../../../../src/generate/editions/standing.ts'
import { foundIn } from '../../../support/excerpts.ts'

const standings = async (source: string) => {
  const { excerpt } = await foundIn(source)
  return excerpt.blocks.map((block) => [excerpt.text(block), standingOfBlock(excerpt, block)])
}

test('what is crossed out does not count', async () => {
  expect(await standings('- ~~Arrival: 4 July~~\n- Arrival: 12 July\n')).toEqual([
    ['- ~~Arrival: 4 July~~', 'void'],
    ['- Arrival: 12 July', 'own'],
  ])
})

test('what a message quotes counts less than what it says; what other documents quote does not', async () => {
  const { excerpt } = await foundIn('The fee is 5 euros.\n\n> The fee is 4 euros.\n')
  const [, quote] = excerpt.blocks
  if (quote === undefined) throw new Error('no quote')
  expect(standingOfBlock(excerpt, quote)).toBe('own')
  expect(standingOfBlock({ ...excerpt, metadata: { from: 'Ann' } }, quote)).toBe('quoted')
})

test.each([
  [
    '1. Fee\n   - Proposal: 48 euros\n   - Decision: rejected\n2. Roof\n   - Proposal: 9000 euros\n   - Decision: accepted\n',
  ],
  [
    '1. Взнос\n   - Предложение: 480 рублей\n   - Решение: отклонено\n2. Крыша\n   - Предложение: 9000 рублей\n   - Решение: принято\n',
  ],
])('a proposal that was rejected does not count', async (source) => {
  expect((await standings(source)).map(([, standing]) => standing)).toEqual([
    'own',
    'void',
    'own',
    'own',
    'own',
    'own',
  ])
})

test.each([
  [
    'Ann proposed to open at 7:00.',
    'Ann proposed to open at 7:00. The proposal was rejected. We open at 9:30.',
  ],
  [
    'Анна предложила открывать в 7:00.',
    'Анна предложила открывать в 7:00. Предложение отклонили. Открываем в 9:30.',
  ],
])('nor does the sentence that makes it: %s', async (text, source) => {
  const { excerpt } = await foundIn(source)
  expect(standingOfSentence(excerpt, { text, start: 0, end: text.length })).toBe('void')
  const last = { text: source.slice(-18), start: source.length - 18, end: source.length }
  expect(standingOfSentence(excerpt, last)).toBe('own')
})
