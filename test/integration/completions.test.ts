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
    const harbour = await client.models.retrieve('chatbot/harbour')
    const age = Date.now() / 1000 - harbour.created
    expect(age).toBeGreaterThanOrEqual(-1)
    expect(age).toBeLessThan(3600)
    const unescaped = await fetch(`http://${daemon.host}/v1/models/chatbot/harbour`, {
      headers: { authorization: `Bearer ${daemon.token}` },
    })
    expect(await unescaped.json()).toEqual({ ...harbour })
    expect(await failure(client.models.retrieve('chatbot/nowhere'))).toMatchObject({ status: 404 })
  })

  test('citations are annotations of the text, also at the end of a stream', async () => {
    const completion = await ask('Who built the lighthouse of Northwick?')
    const message = completion.choices[0]?.message
    const [annotation] = message?.annotations ?? []
    expect(annotation).toMatchObject({ type: 'url_citation', url_citation: { url: 'light.md' } })
    const { start_index, end_index } = annotation?.url_citation ?? { start_index: 0, end_index: 0 }
    expect(message?.content?.slice(start_index, end_index)).toBe('[1]')
    const stream = await client.chat.completions.create({
      model: 'chatbot',
      stream: true,
      messages: [{ role: 'user', content: 'Who built the lighthouse of Northwick?' }],
    })
    const deltas: unknown[] = []
    for await (const chunk of stream) deltas.push(chunk.choices[0]?.delta)
    expect(deltas.at(-1)).toMatchObject({ annotations: [{ type: 'url_citation' }] })
  })

  test('texts are embedded alike as numbers and as bytes, near texts nearer', async () => {
    const models = await client.models.list()
    const model = models.data.map(({ id }) => id).find((id) => !id.startsWith('chatbot')) ?? ''
    const input = ['The cat sleeps.', 'A kitten is asleep.', 'Interest rates rose again.']
    const { data, usage } = await client.embeddings.create({ model, input, encoding_format: 'float' })
    expect(usage.total_tokens).toBeGreaterThan(5)
    const dot = (one = 0, other = 0) =>
      (data[one]?.embedding ?? []).reduce((sum, x, at) => sum + x * (data[other]?.embedding[at] ?? 0), 0)
    expect(dot(0, 0)).toBeCloseTo(1, 3)
    expect(dot(0, 1)).toBeGreaterThan(dot(0, 2))
    // The client asks for bytes and turns them into numbers.
    const bytes = await client.embeddings.create({ model, input: input[0] ?? '' })
    expect(bytes.data[0]?.embedding.slice(0, 5)).toEqual(data[0]?.embedding.slice(0, 5))
    for (const wrong of [
      { model: 'text-embedding-3-small', input: 'x' },
      { model, input: [1, 2, 3] },
      { model, input: '' },
      { model, input: 'x', dimensions: 7 },
      { model, input: Array.from({ length: 200 }, () => 'x') },
    ])
      expect((await failure(client.embeddings.create(wrong))).status).toBeGreaterThanOrEqual(400)
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
    ['a tool', { tools: [{ type: 'function', function: { name: 'f' } }] }, 400, 'bad_request'],
    ['a tool that must be called', { tool_choice: 'required' }, 400, 'bad_request'],
    ['JSON', { response_format: { type: 'json_object' } }, 400, 'bad_request'],
    ['sound', { modalities: ['text', 'audio'] }, 400, 'bad_request'],
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

  test('an address that OpenAI has and this has not', async () => {
    const response = await fetch(`http://${daemon.host}/v1/responses`, {
      method: 'POST',
      headers: { authorization: `Bearer ${daemon.token}` },
    })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({
      error: {
        type: 'invalid_request_error',
        message: expect.stringContaining('POST /v1/chat/completions, POST /v1/embeddings, GET /v1/models'),
      },
    })
  })

  test('what does no harm is let pass', async () => {
    const response = await fetch(`http://${daemon.host}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${daemon.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'chatbot',
        messages: [{ role: 'user', content: 'Who built the lighthouse of Northwick?' }],
        tools: [],
        tool_choice: 'auto',
        response_format: { type: 'text' },
        temperature: 0.2,
        n: 1,
      }),
    })
    expect(response.status).toBe(200)
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
