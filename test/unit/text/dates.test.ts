import { describe, expect, test } from 'vitest'
import { compareVersions, datesIn, versionsIn } from '../../../src/text/dates.ts'

describe('dates', () => {
  test.each([
    ['valid from 1 May 2024', 202405010000, 202405012359],
    ['on March 3rd, 2023', 202303030000, 202303032359],
    ['с 1 мая 2024 г.', 202405010000, 202405012359],
    ['в мае 2021 года', 202105000000, 202105999999],
    ['от 10.03.2025', 202503100000, 202503102359],
    ['2026-02-12T16:20:00.000Z', 202602121620, 202602121620],
    ['policy_2023-04.md', 202304000000, 202304999999],
    ['20240501-note.md', 202405010000, 202405012359],
    ['tariff2022.md', 202200000000, 202299999999],
  ])('%s', (text, from, to) => {
    expect(datesIn(text).map(({ period }) => period)).toEqual([{ from, to }])
  })

  test('are no other numbers and words', () => {
    expect(datesIn('May I come at 12.30 with 31.12 euros, version 1.2024.5?')).toEqual([])
    expect(datesIn('32.13.2024')).toEqual([])
  })

  test('a number alone may be a year', () => {
    expect(datesIn('It costs 2000 euros')[0]?.isBareYear).toBe(true)
    expect(datesIn('1 May 2000')[0]?.isBareYear).toBe(false)
  })
})

describe('versions', () => {
  test.each([
    ['docs/v2/limits.md', [2]],
    ['Version 2.1 of the manual', [2, 1]],
    ['the second edition', [2]],
    ['2-я редакция', [2]],
    ['во второй редакции', [2]],
    ['Регламент, редакция 3', [3]],
  ])('%s', (text, version) => {
    expect(versionsIn(text).map((found) => found.version)).toEqual([version])
  })

  test('are no bare numbers', () => {
    expect(versionsIn('room 7, chapter-2.md, rev')).toEqual([])
  })

  test('are compared part by part', () => {
    expect(compareVersions([2, 9], [2, 10])).toBeLessThan(0)
    expect(compareVersions([3], [2, 10])).toBeGreaterThan(0)
    expect(compareVersions([2], [2, 10])).toBe(0)
  })
})
