import { describe, expect, test } from 'vitest'
import { compareDatings, datingOf, nameWithoutDate } from '../../../../src/generate/editions/dating.ts'
import { excerpt } from './excerpt.ts'

describe('a document is of the date', () => {
  test.each([
    [
      'from which it is in force',
      { metadata: { effective: '2024-05-01', date: '2024-01-01' } },
      202405010000,
    ],
    ['of its field', { metadata: { дата: '2021-03-10T00:00:00.000Z' } }, 202103100000],
    ['of its name', { uri: 'fees/tariff-2022.md' }, 202200000000],
    [
      'of its name, not of the day when it was written',
      { title: 'Tariff 2025', metadata: { date: '2024-11-15' } },
      202500000000,
    ],
    [
      'of that day, where it lies in the year of its name',
      { title: 'Tariff 2024', metadata: { date: '2024-02-01' } },
      202402010000,
    ],
    [
      'that its head announces',
      { opening: '# Fees\n\nValid from 1 May 2024\n\nAdults pay 9.' },
      202405010000,
    ],
    ['that its head announces', { opening: '# Правила\n\nДействует с 1 мая 2024 г.\n' }, 202405010000],
  ])('%s', (_, given, from) => {
    expect(datingOf(excerpt(given)).period?.from).toBe(from)
  })

  test('not of one that it only tells of', () => {
    const opening =
      'The harbour was rebuilt by the town in the long years after the fire, on 1 May 1921, and again later.'
    expect(datingOf(excerpt({ opening })).period).toBeUndefined()
  })

  test('of its section, if that has one', () => {
    expect(datingOf(excerpt({ uri: 'a-2020.md' }), ['Wages', 'From January 2023']).period?.from).toBe(
      202301000000,
    )
  })
})

describe('editions', () => {
  test.each([
    ['archive/fees.md', true],
    ['fees (old).md', true],
    ['Прежние правила.md', true],
    ['houses of the old town.md', false],
  ])('%s is marked as outdated: %s', (uri, isOutdated) => {
    expect(datingOf(excerpt({ uri })).isOutdated).toBe(isOutdated)
  })

  test('that are marked so are older than all others', () => {
    const [old, current] = [excerpt({ uri: 'archive/a.md' }), excerpt({ uri: 'a.md' })].map((one) =>
      datingOf(one),
    )
    expect(old && current && compareDatings(old, current)).toBeLessThan(0)
  })

  test('without a date are neither older nor newer', () => {
    expect(
      compareDatings(datingOf(excerpt({ uri: 'a.md' })), datingOf(excerpt({ uri: 'b-2020.md' }))),
    ).toBeUndefined()
  })

  test.each([
    ['tariff-2022.md', 'tariff-2024.md', true],
    ['Регламент v1.md', 'Регламент v3.md', true],
    ['Правила (редакция от 1 марта 2019 г.).md', 'Правила (редакция от 5 мая 2024 г.).md', true],
    ['iron.md', 'oak.md', false],
  ])('%s and %s are of one document: %s', (a, b, isSame) => {
    expect(nameWithoutDate(excerpt({ uri: a })) === nameWithoutDate(excerpt({ uri: b }))).toBe(isSame)
  })
})
