import { describe, expect, test } from 'vitest'
import { readWrittenFilter } from '../../../src/retrieval/written-filter.ts'

describe('a filter in the question line', () => {
  test.each([
    ['in:handbook how long is notice?', 'how long is notice?', { within: ['handbook'] }],
    ['how long in:handbook is notice?', 'how long is notice?', { within: ['handbook'] }],
    ['отпуск in:"Мои документы"', 'отпуск', { within: ['Мои документы'] }],
    ['notice in:a in:b', 'notice', { within: ['a', 'b'] }],
    ['notice -in:archive', 'notice', { notWithin: ['archive'] }],
    ['prices type:pdf', 'prices', { types: ['pdf'] }],
    ['prices TYPE:.XLSX', 'prices', { types: ['xlsx'] }],
    ['prices type:word', 'prices', { types: ['docx', 'doc', 'odt', 'rtf'] }],
    ['prices after:2024', 'prices', { modifiedFrom: '2024-01-01T00:00:00.000Z' }],
    ['prices before:2024-05', 'prices', { modifiedBefore: '2024-05-01T00:00:00.000Z' }],
    ['prices after:2024-02-29', 'prices', { modifiedFrom: '2024-02-29T00:00:00.000Z' }],
    ['prices lang:ru', 'prices', { languages: ['ru'] }],
    ['prices author:"Anna Petrova"', 'prices', { metadata: { author: 'Anna Petrova' } }],
  ])('%s', (text, question, filter) => {
    expect(readWrittenFilter(text)).toEqual({ question, filter: expect.objectContaining(filter) })
  })

  test.each([
    'What does type:string mean?',
    'Error in: line 5',
    'after:math',
    'after:2024-02-30',
    'a::after:2024 b',
    '"in:handbook" quoted',
    'lang:klingon',
    'in:',
    'in:handbook',
    'in:handbook type:pdf',
    'mailto:in:x',
  ])('%s is a question as it stands', (text) => {
    expect(readWrittenFilter(text)).toEqual({ question: text, filter: undefined })
  })

  test('narrows the filter of the request', () => {
    const given = { paths: ['docs/**'], modifiedFrom: '2025-01-01T00:00:00Z', metadata: { team: 'sales' } }
    expect(readWrittenFilter('prices after:2024 before:2026 author:Anna in:lists', given)).toEqual({
      question: 'prices',
      filter: expect.objectContaining({
        paths: ['docs/**'],
        within: ['lists'],
        modifiedFrom: '2025-01-01T00:00:00Z',
        modifiedBefore: '2026-01-01T00:00:00.000Z',
        metadata: { team: 'sales', author: 'Anna' },
      }),
    })
  })

  test('without one, the request’s stays', () => {
    expect(readWrittenFilter('prices', { paths: ['a'] })).toEqual({
      question: 'prices',
      filter: { paths: ['a'] },
    })
  })
})
