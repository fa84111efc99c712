import { expect, test } from 'vitest'
import { backoffMs, doubledMs } from '../../../src/domain/backoff.ts'

const BOUNDS = { firstMs: 100, longestMs: 1000 }

test('a pause doubles with every failure, up to the longest', () => {
  expect([1, 2, 3, 4, 5, 6].map((failures) => doubledMs(failures, BOUNDS))).toEqual([
    100, 200, 400, 800, 1000, 1000,
  ])
  expect(doubledMs(5000, BOUNDS)).toBe(1000)
  expect(doubledMs(5000, { firstMs: 0, longestMs: 0 })).toBe(0)
})

test('half of a pause before the next try is chance', () => {
  expect(backoffMs(3, BOUNDS, () => 0)).toBe(200)
  expect(backoffMs(3, BOUNDS, () => 0.5)).toBe(300)
  for (let i = 0; i < 100; i += 1) {
    expect(backoffMs(9, BOUNDS)).toBeGreaterThanOrEqual(500)
    expect(backoffMs(9, BOUNDS)).toBeLessThanOrEqual(1000)
  }
})
