import { expect, it } from 'vitest'
import { certaintyOf, withCertainty, withRefused } from '../../../src/domain/certainty.ts'

it('is told by `refused` where an earlier version says no more', () => {
  expect(certaintyOf({ refused: true })).toBe('not_found')
  expect(certaintyOf({ refused: false, certainty: null })).toBe('answered')
  expect(certaintyOf({ refused: false, certainty: 'unsure' })).toBe('unsure')
  expect(withCertainty({ text: 'a', refused: true })).toEqual({ text: 'a', certainty: 'not_found' })
})

it('is refused, for earlier versions, exactly where nothing was found', () => {
  const refused = (['answered', 'unsure', 'not_found'] as const).map((certainty) =>
    withRefused({ certainty }),
  )
  expect(refused).toEqual([
    { certainty: 'answered', refused: false },
    { certainty: 'unsure', refused: false },
    { certainty: 'not_found', refused: true },
  ])
})
