import { expect, test } from 'vitest'
import type { ChunkCandidate } from '../../../src/ports/store/search.ts'
import { withoutCopies } from '../../../src/retrieval/passages.ts'

const candidate = (text: string): ChunkCandidate => ({
  chunk: text,
  ordinal: 0,
  document: 'd',
  collection: 'c',
  uri: 'u',
  title: 't',
  language: 'en',
  length: text.length,
  start: 0,
  end: text.length,
  text,
  heading: '',
  tokens: 1,
  similarity: 1,
  lexical: 0,
})

const kept = (...texts: string[]) =>
  Array.from(
    withoutCopies(
      texts.map((text) => ({
        candidate: candidate(text),
        scores: { vector: 1, lexical: 0, fused: 1, matched: [] },
      })),
      10,
    ),
    ({ candidate: { text } }) => text,
  )

const TERMS = 'All orders are subject to the general terms of trade, which every customer has agreed to.'

test.each([
  [
    'a number that another begins with',
    'The daily allowance for each employee is EUR 100',
    'The daily allowance for each employee is EUR 10',
  ],
  [
    'a sign',
    'The valve of the second tank is opened at -5 degrees',
    'The valve of the second tank is opened at 5 degrees',
  ],
  [
    'an operator',
    'if (pressure > limit) openTheValveOfTheSecondTank()',
    'if (pressure < limit) openTheValveOfTheSecondTank()',
  ],
  ['a short paragraph', `Price: 30\n\n${TERMS}`, `Price: 20\n\n${TERMS}`],
])('passages that differ in %s both stay', (_what, first, second) => {
  expect(kept(first, second)).toEqual([first, second])
})

test('a copy under another heading or with other marks is left out', () => {
  expect(kept(`# One\n\n${TERMS}`, `## Two\n\n*${TERMS}*`, TERMS)).toEqual([`# One\n\n${TERMS}`])
})
