/** Messages that ask nothing of the documents, on a real daemon. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { answerOf, greeted, type RawSocket, textOf } from '../support/raw-socket.ts'
import { upload } from '../support/upload.ts'

let daemon: TestDaemon
let client: RawSocket

beforeAll(async () => {
  daemon = await startTestDaemon()
  await upload(
    daemon,
    'default',
    'garden.md',
    '# Garden rules\n\n- Hello Kitty balloons are forbidden.\n- Visitors park behind the mill.\n\n## Fees\n\nThe yearly fee is 40 EUR, payable to Marta Vogel.',
  )
  client = await greeted(daemon)
})
afterAll(async () => {
  await client?.[Symbol.asyncDispose]()
  await daemon?.[Symbol.asyncDispose]()
})

test.each([
  ['hello', /^Hello/u],
  ['Спасибо!', /^Пожалуйста/u],
  ['the second one', /not sure what you mean/u],
])('%s is answered without a search', async (said, reply) => {
  for (let time = 0; time < 2; time += 1) {
    const asked = await client.ask(said)
    const answer = answerOf(asked)
    expect(answer).toMatchObject({ certainty: 'talk', refused: false, citations: [], cached: false })
    expect(answer.text).toMatch(reply)
    expect(textOf(asked.events)).toBe(answer.text)
    expect(asked.events.some(({ type }) => type === 'context')).toBe(false)
    expect(Object.keys(answer.timings).sort()).toEqual(['total'])
  }
})

test('a question between courtesies is answered as the bare question', async () => {
  const asked = answerOf(await client.ask('Hi there! Where do visitors park? Thanks!'))
  expect(asked).toMatchObject({ certainty: 'answered', searched: 'Where do visitors park?' })
  expect(asked.text).toContain('behind the mill')
})

test('talk in the middle of a conversation changes nothing for what follows', async () => {
  const first = answerOf(await client.ask('How much is the yearly fee?'))
  const { conversation } = first
  expect(first.text).toContain('40 EUR')
  expect(answerOf(await client.ask('thanks!', { conversation })).certainty).toBe('talk')
  const followUp = answerOf(await client.ask('And who gets it?', { conversation }))
  expect(followUp.searched).toMatch(/fee/u)
  expect(followUp.text).toContain('Marta Vogel')
})

test('the same in a history that the client keeps', async () => {
  const history = [
    { question: 'How much is the yearly fee?', answer: 'The yearly fee is 40 EUR.' },
    { question: 'ok, thank you', answer: 'You are welcome!' },
  ]
  expect(answerOf(await client.ask('And who gets it?', { history })).searched).toMatch(/fee/u)
})

test('what refers to nothing becomes a question once something was said', async () => {
  const first = answerOf(await client.ask('hi'))
  const { conversation } = first
  expect(answerOf(await client.ask('how much is it?', { conversation })).certainty).toBe('talk')
  answerOf(await client.ask('What about the yearly fee?', { conversation }))
  expect(answerOf(await client.ask('how much is it?', { conversation })).certainty).not.toBe('talk')
})

test('a question that may be about anything is about what the documents say', async () => {
  const history = [{ question: 'How much is the yearly fee?', answer: 'The yearly fee is 40 EUR.' }]
  expect(answerOf(await client.ask('Where do visitors park?', { history })).searched).toBeUndefined()
  expect(answerOf(await client.ask('Who is paid?', { history })).searched).toBe('Who is paid? (yearly fee)')
})

test('the answer before is told with its sources, continued, or not translated', async () => {
  const first = answerOf(await client.ask('How much is the yearly fee?'))
  const { conversation } = first
  const sources = answerOf(await client.ask('source?', { conversation }))
  expect(sources).toMatchObject({ certainty: 'answered', citations: first.citations })
  expect(sources.text).toMatch(/^Sources:\n- Garden rules.*\(garden\.md\) \[1\]/u)
  const translated = answerOf(await client.ask('in Russian please', { conversation }))
  expect(translated).toMatchObject({ certainty: 'talk', citations: [] })
  const asked = answerOf(await client.ask('How much is the yearly fee?', { conversation, cache: false }))
  const more = answerOf(await client.ask('tell me more', { conversation }))
  expect(more).toMatchObject({ certainty: 'answered', searched: 'How much is the yearly fee?' })
  expect(more.text.length).toBeGreaterThan(asked.text.length)
  expect(more.text).toContain('Marta Vogel')
  for (const { start, end, text } of more.citations) expect(text).toHaveLength(end - start)
  const history = [{ question: 'How much is the yearly fee?', answer: '40 EUR' }]
  expect(answerOf(await client.ask('source?', { history })).citations.length).toBeGreaterThan(0)
})
