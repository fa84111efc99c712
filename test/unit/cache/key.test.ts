import { expect, test } from 'vitest'
import { type AnswerKeyParts, cachePlace } from '../../../src/cache/key.ts'
import { retrievalSchema } from '../../../src/protocol/retrieval.ts'

const PARTS: AnswerKeyParts = {
  collections: [],
  generator: 'extractive',
  promptVersion: 'one',
  model: 'model',
  retrieval: retrievalSchema.parse({}),
  language: 'en',
  question: 'What is a lease?',
}

test.each<[string, Partial<AnswerKeyParts>]>([
  ['filter', { filter: { paths: ['docs/**'] } }],
  ['generator', { generator: 'other' }],
  ['prompt', { promptVersion: 'two' }],
  ['embedding model', { model: 'other' }],
  ['reranker', { reranker: 'cross-encoder' }],
  ['retrieval settings', { retrieval: retrievalSchema.parse({ passages: 2 }) }],
  ['language', { language: 'ru' }],
])('another %s is another partition', (_what, other) => {
  expect(cachePlace({ ...PARTS, ...other }).partition).not.toBe(cachePlace(PARTS).partition)
})

test('another question is another key of the same partition', () => {
  const [one, two] = [cachePlace(PARTS), cachePlace({ ...PARTS, question: 'What is an epoch?' })]
  expect(one.partition).toBe(two.partition)
  expect(one.key).not.toBe(two.key)
  expect(cachePlace({ ...PARTS, question: ' What  is a lease? ' })).toEqual(one)
})
