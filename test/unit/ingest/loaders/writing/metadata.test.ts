import { expect, test } from 'vitest'
import { documentDate, flatMetadata } from '../../../../../src/ingest/loaders/writing/metadata.ts'

test('metadata of any form becomes a flat map of strings', () => {
  const data = {
    Author: { Name: 'Анна', Mail: null },
    tags: ['a', 'b', 3],
    draft: false,
    date: new Date('2024-05-01T00:00:00Z'),
    mixed: [{ a: 1 }],
    lines: ' one\n\ttwo\0 ',
    empty: '',
  }
  expect(flatMetadata(data)).toEqual({
    'author.name': 'Анна',
    tags: 'a, b, 3',
    draft: 'false',
    date: '2024-05-01T00:00:00.000Z',
    lines: 'one two',
  })
  for (const nothing of [undefined, null, 'text', 5, ['a'], []]) expect(flatMetadata(nothing)).toEqual({})
})

test('metadata is bounded in every direction', () => {
  const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, '🙂'.repeat(5000)]))
  const bounded = flatMetadata(wide)
  expect(Object.keys(bounded)).toHaveLength(64)
  for (const value of Object.values(bounded)) {
    expect(value.length).toBeLessThanOrEqual(1000)
    expect(value.isWellFormed()).toBe(true)
  }
  const circle: Record<string, unknown> = { a: 'b' }
  circle.self = circle
  expect(Object.values(flatMetadata(circle))).toEqual(['b', 'b', 'b', 'b'])
  expect(flatMetadata({ ['k'.repeat(101)]: 'v' })).toEqual({})
})

test('dates are read as documents write them', () => {
  expect(documentDate('Mon, 24 Mar 2025 12:00:00 +0300')).toEqual(new Date('2025-03-24T09:00:00Z'))
  expect(documentDate('2024-05-01')).toEqual(new Date('2024-05-01T00:00:00Z'))
  for (const none of ['', 'soon', 5, undefined, new Date(Number.NaN)])
    expect(documentDate(none)).toBeUndefined()
})
