import { expect, test } from 'vitest'
import { morePassages } from '../../../src/client/more.ts'
import { passage } from '../../support/passages.ts'
import { citation } from '../tui/client.ts'

const passageAt = (number: number, start: number, document = 'd1') =>
  passage(number, '', { chunk: `${number}`, document, start, end: start + 100 })

const NO_SEARCH = { search: () => Promise.reject(new Error('nothing to search')) }

test('what the answer does not quote follows it, numbered on, at most five', async () => {
  const cited = citation(2, {
    document: 'd1',
    start: 10,
    end: 20,
    spans: [
      { start: 10, end: 20, text: 'row' },
      { start: 150, end: 160, text: 'header' },
    ],
  })
  const context = [
    ...[0, 100, 200].map((start, index) => passageAt(index + 1, start)),
    passageAt(4, 0, 'd2'),
    ...[5, 6, 7, 8].map((number) => passageAt(number, number * 100)),
  ]
  const more = await morePassages(NO_SEARCH, { query: 'q', citations: [cited], context }, {})
  expect(more.map(({ chunk }) => chunk)).toEqual(['3', '4', '5', '6', '7'])
  expect(more.map(({ number }) => number)).toEqual([3, 4, 5, 6, 7])
})

test('an answer that came without passages is searched for', async () => {
  const asked: unknown[] = []
  const client = {
    search: async (request: unknown) => {
      asked.push(request)
      return { passages: [passageAt(1, 0)], ms: 1 }
    },
  }
  const answered = { query: 'q', citations: [], context: undefined }
  expect(await morePassages(client, answered, { collections: ['notes'] })).toMatchObject([{ number: 1 }])
  expect(asked).toMatchObject([{ query: 'q', collections: ['notes'] }])
})
