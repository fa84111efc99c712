import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { type AskRequest, bodyHash, readStoredAsk, storedAsk } from '../../../src/answers/request.ts'

const ASK: AskRequest = { id: randomUUID(), question: 'How long does Murka sleep?' }

test.each<[string, Partial<AskRequest>]>([
  ['the cache', { cache: true }],
  ['no history', { history: [] }],
  ['no filter', { filter: {} }],
  ['no settings', { retrieval: {} }],
  ['how it was asked', { traceparent: 'x', isAttended: true }],
])('%s spelt out is the same ask', (_, spelt) => {
  expect(bodyHash({ ...ASK, ...spelt })).toBe(bodyHash(ASK))
})

test.each<[string, Partial<AskRequest>]>([
  ['question', { question: 'How long does Barsik sleep?' }],
  ['cache', { cache: false }],
  ['engine', { engine: 'other' }],
  ['history', { history: [{ question: 'a', answer: 'b' }] }],
  ['filter', { filter: { paths: ['*.md'] } }],
])('another %s is another ask', (_, other) => {
  expect(bodyHash({ ...ASK, ...other })).not.toBe(bodyHash(ASK))
})

test('what is stored to go on with is the same ask', () => {
  const request: AskRequest = {
    ...ASK,
    collections: ['docs'],
    filter: { paths: ['*.md'], within: ['manuals'], modifiedFrom: '2026-01-01T00:00:00Z' },
    retrieval: { passages: 3 },
    cache: false,
  }
  const principal = { kind: 'user', id: 'u', name: 'anna' } as const
  const stored = readStoredAsk(JSON.parse(JSON.stringify(storedAsk(principal, request))))
  expect(stored.principal).toEqual(principal)
  expect(bodyHash(stored.request)).toBe(bodyHash(request))
})
