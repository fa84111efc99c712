import { describe, expect, it } from 'vitest'
import { judgeAsk } from '../../../bench/cases-judge.ts'

describe.each(['unsure', 'not_found'] as const)('a case that is replied to as %s', (certainty) => {
  const reply = { text: 'Closest: the gate opens at 8. [1]', certainty, citations: [{ uri: 'gate.md' }] }

  it('is refused', () => {
    expect(judgeAsk({ refused: true }, reply)).toEqual([])
    expect(judgeAsk({ mustNot: ['8'] }, reply)).toEqual([])
    expect(judgeAsk({ must: ['9'], hedge: true }, reply)).toEqual([])
  })

  it('is wrong where an answer is expected, whatever it quotes', () => {
    expect(judgeAsk({ must: ['8'] }, reply)).toEqual([certainty])
    expect(judgeAsk({ cites: 'gate.md' }, reply)).toEqual([certainty])
  })
})

it('a case that is answered is judged by what it says', () => {
  const reply = {
    text: 'It opens at 8. [1]',
    certainty: 'answered',
    citations: [{ uri: 'gate.md' }],
  } as const
  expect(judgeAsk({ must: ['8'], cites: 'gate.md' }, reply)).toEqual([])
  expect(judgeAsk({ refused: true }, reply)).toEqual(['answered what the documents do not say'])
})
