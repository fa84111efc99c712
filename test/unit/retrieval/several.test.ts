import { expect, it } from 'vitest'
import type { Passage } from '../../../src/domain/answer.ts'
import { retrievalSchema } from '../../../src/protocol/retrieval.ts'
import { mergedPassages, sharedSettings } from '../../../src/retrieval/several.ts'

const passage = (document: string, start: number, end: number): Passage => ({
  number: 1,
  chunk: `${document}:${start}`,
  document,
  collection: 'c',
  uri: document,
  title: document,
  text: '',
  start,
  end,
  score: 1,
})

it('takes the best passage of each search first, and each text once', () => {
  const lists = [
    [passage('a', 0, 10), passage('a', 20, 30)],
    [passage('b', 0, 10), passage('a', 2, 8), passage('a', 25, 35)],
    [],
  ]
  const merged = mergedPassages(lists)
  expect(merged.map(({ chunk }) => chunk)).toEqual(['a:0', 'b:0', 'a:20', 'a:25'])
  expect(merged.map(({ number }) => number)).toEqual([1, 2, 3, 4])
})

it('shares twice the passages of one question, and never gives a search more than that has', () => {
  const settings = retrievalSchema.parse({ passages: 8, maxTokens: 4000 })
  expect(sharedSettings(settings, 2)).toEqual(settings)
  expect(sharedSettings(settings, 3)).toMatchObject({ passages: 6, maxTokens: 2667 })
  expect(sharedSettings(settings, 5)).toMatchObject({ passages: 4, maxTokens: 1600 })
  expect(sharedSettings({ ...settings, passages: 2 }, 5).passages).toBe(2)
})
