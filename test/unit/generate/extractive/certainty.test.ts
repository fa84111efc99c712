import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestCorpus, testCorpus } from './corpus.ts'

let corpus: TestCorpus
beforeAll(async () => {
  corpus = await testCorpus()
  await corpus.add(
    'oven/codes.md',
    '# Oven\n\n## F07\n\nThe fan is blocked. Clear it by hand.\n\n## F12\n\nThe door is open. Close it.\n\n## Guarantee\n\nThe guarantee lasts three years from the day of purchase.\n',
  )
  await corpus.add(
    'kunden/konten.csv',
    'customer,name,balance\nK00001,Finn Dahl,137.29\nK00002,Elif Brook,274.58\nK00003,Dev Eng,411.87\n',
  )
}, 60_000)
afterAll(async () => {
  await corpus[Symbol.asyncDispose]()
})

describe('a question is', () => {
  test.each([
    ['What does F07 mean?', 'oven', 'fan is blocked'],
    ['explain f12', 'oven', 'door is open'],
    ['How long is the guarantee of the oven?', 'oven', 'three years'],
    ['What is the balance of K00002?', 'kunden', '274.58'],
  ])('answered: %s', async (question, under, expected) => {
    const { certainty, text } = await corpus.ask(question, under)
    expect(certainty).toBe('answered')
    expect(text).toContain(expected)
  })

  test.each([
    ['What does F19 mean?', 'oven'],
    ['What is the balance of customer K09999?', 'kunden'],
  ])('not answered with what is said of another code: %s', async (question, under) => {
    const { certainty, text, citations } = await corpus.ask(question, under)
    expect(certainty).not.toBe('answered')
    if (certainty === 'unsure') {
      expect(text).toMatch(/^The documents do not say this directly\. Closest:\n\n/u)
      expect(citations).toHaveLength(1)
    }
  })

  test('not found where the documents are about something else', async () => {
    expect((await corpus.ask('Who won the football world cup in Mexico?', 'oven')).certainty).toBe(
      'not_found',
    )
  })
})

test('what a document is about may stand in its path alone', async () => {
  const note = (year: number, platforms: number) =>
    `# Information\n\nOpened in ${year}. Platforms: ${platforms}.\n\nThe ticket office is closed on Sunday.\n`
  await corpus.add('stations/Oldbarrow.md', note(1874, 4))
  await corpus.add('stations/Elmbridge.md', note(1901, 2))
  await corpus.add('stations/Harrow Quay.md', note(1888, 3))
  const { text, certainty } = await corpus.ask('How many platforms does Elmbridge have?', 'stations/')
  expect(text).toContain('Platforms: 2')
  expect(certainty).toBe('answered')
})
