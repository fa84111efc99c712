/** The front in OpenAI's shape, with OpenAI's own client, on a real daemon. */
import OpenAI, { APIError } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { upload } from '../support/upload.ts'

const TEXT = 'The lighthouse of Northwick was built in 1843 by Ada Mercer.\n\nIts lamp burns whale oil.\n'

let daemon: TestDaemon
let client: OpenAI
beforeAll(async () => {
  daemon = await startTestDaemon()
  client = new OpenAI({ baseURL: `http://${daemon.host}/v1`, apiKey: daemon.token, maxRetries: 0 })
  await upload(daemon, 'harbour', 'light.md', TEXT)
})
afterAll(() => daemon?.[Symbol.asyncDispose]())

const ask = (question: string, model = 'chatbot') =>
  client.chat.completions.create({ model, messages: [{ role: 'user', content: question }] })

const failure = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return z.instanceof(APIError).parse(error)
}

describe('completions', () => {
  test('a question is answered with its sources and spans', async () => {
    const completion = await ask('Who built the lighthouse of Northwick?')
    const [choice] = completion.choices
    expect(choice?.message.content).toContain('Ada Mercer')
    expect(choice?.message.content).toMatch(/\n\nSources:\n\[1\] .*light\.md/)
    expect(choice?.finish_reason).toBe('stop')
    expect(completion).toMatchObject({
      object: 'chat.completion',
      model: 'chatbot',
      usage: { total_tokens: 0 },
      chatbot: { certainty: 'answered', refused: false, citations: [{ uri: 'light.md', start: 0 }] },
    })
  })

  test('a stream has the same text in pieces, then the usage it asked for', async () => {
    const stream = await client.chat.completions.create({
      model: 'chatbot/harbour',
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'user', content: [{ type: 'text', text: 'When was the lighthouse built?' }] }],
    })
    let text = ''
    const finishes: unknown[] = []
    let usage: unknown
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      finishes.push(chunk.choices[0]?.finish_reason)
      usage = chunk.usage ?? usage
    }
    expect(text).toMatch(/1843[\s\S]*\n\nSources:\n\[1\] /)
    expect(finishes.filter((reason) => reason === 'stop')).toHaveLength(1)
    expect(usage).toMatchObject({ prompt_tokens: 0, completion_tokens: 0 })
  })

  test('earlier messages are the history that a question leans on', async () => {
    const completion = await client.chat.completions.create({
      model: 'chatbot',
      messages: [
        { role: 'system', content: 'You are a pirate.' },
        { role: 'user', content: 'Who built the lighthouse of Northwick?' },
        { role: 'assistant', content: 'Ada Mercer [1]\n\nSources:\n[1] light.md' },
        { role: 'user', content: 'And when was it built?' },
      ],
    })
    expect(completion.choices[0]?.message.content).toContain('1843')
  })

  test('models are all documents, each collection and further engines', async () => {
    const models = await client.models.list()
    expect(models.data.map(({ id }) => id)).toEqual(expect.arrayContaining(['chatbot', 'chatbot/harbour']))
  })
})

test('a search over HTTP finds passages, narrowed by a filter', async () => {
  const search = (paths: string[]) =>
    daemon.api.call('search', {
      body: { query: 'Who built the lighthouse?', collections: ['harbour'], limit: 3, filter: { paths } },
    })
  const { passages } = await search(['*.md'])
  expect(passages[0]).toMatchObject({
    number: 1,
    uri: 'light.md',
    text: expect.stringContaining('Ada Mercer'),
  })
  expect(await search(['*.pdf'])).toEqual({ passages: [] })
})

describe('errors are OpenAI errors', () => {
  test('no key and a wrong key', async () => {
    const stranger = new OpenAI({ baseURL: `http://${daemon.host}/v1`, apiKey: 'wrong', maxRetries: 0 })
    expect(await failure(stranger.models.list())).toMatchObject({
      status: 401,
      type: 'authentication_error',
      code: 'unauthenticated',
    })
    const response = await fetch(`http://${daemon.host}/v1/models`)
    expect(response.status).toBe(401)
  })

  test.each([
    ['another model', { model: 'gpt-4o' }, 404, 'not_found'],
    ['an unknown collection', { model: 'chatbot/nowhere' }, 404, 'unknown_collection'],
    ['an unknown engine', { model: 'chatbot@nobody' }, 400, 'unknown_engine'],
    ['two answers', { n: 2 }, 400, 'bad_request'],
    ['no messages', { messages: [] }, 400, 'bad_request'],
    ['an empty question', { messages: [{ role: 'user', content: ' ' }] }, 400, 'empty_question'],
    ['no question', { messages: [{ role: 'assistant', content: 'x' }] }, 400, 'bad_request'],
    [
      'a picture',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
      400,
      'bad_request',
    ],
  ])('%s', async (_name, change, status, code) => {
    for (const stream of [false, true]) {
      const body = { model: 'chatbot', messages: [{ role: 'user', content: 'Who?' }], stream, ...change }
      const response = await fetch(`http://${daemon.host}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${daemon.token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      expect(response.status).toBe(status)
      expect(await response.json()).toMatchObject({ error: { code, type: 'invalid_request_error' } })
    }
  })

  test('a client that goes away ends its answer', async () => {
    const abort = new AbortController()
    const work = client.chat.completions.create(
      { model: 'chatbot', messages: [{ role: 'user', content: 'What does the lamp burn?' }] },
      { signal: abort.signal },
    )
    abort.abort()
    await expect(work).rejects.toThrow()
    await expect.poll(async () => (await daemon.api.call('status', {})).asksInFlight).toBe(0)
  })
})
