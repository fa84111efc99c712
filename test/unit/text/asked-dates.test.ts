import { expect, it } from 'vitest'
import { datesIn, isWithin, rangeOf } from '../../../src/text/asked-dates.ts'

it.each([
  ['minutes-2025-04-11.md', { year: 2025, month: 4, day: 11 }],
  ['от 11.04.2025 г.', { year: 2025, month: 4, day: 11 }],
  ['of 11 April 2025', { year: 2025, month: 4, day: 11 }],
  ['April 11th, 2025', { year: 2025, month: 4, day: 11 }],
  ['от 11 апреля', { month: 4, day: 11 }],
  ['in June 2025', { year: 2025, month: 6 }],
  ['в мае 2025 года', { year: 2025, month: 5 }],
  ['policy 2025', { year: 2025 }],
])('reads %s', (text, date) => {
  expect(datesIn(text).map((found) => JSON.parse(JSON.stringify(found.date)))).toEqual([date])
})

it.each(['you may', 'port 8080', '99.99.2025', 'version 4.2'])('%s is no date', (text) => {
  expect(datesIn(text)).toEqual([])
})

it('bounds a written date', () => {
  expect(rangeOf({ year: 2025, month: 12 })).toEqual({
    from: new Date('2025-12-01'),
    before: new Date('2026-01-01'),
  })
  expect(rangeOf({ month: 12 })).toBeUndefined()
  expect(isWithin({ year: 2025, month: 4, day: 11 }, { month: 4, day: 11 })).toBe(true)
  expect(isWithin({ year: 2025 }, { month: 4 })).toBe(false)
})
