/** Asking over HTTP, as curl does it, on a real daemon. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { API_PREFIX } from '../../src/api/routes.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { upload } from '../support/upload.ts'

let daemon: TestDaemon
beforeAll(async () => {
  daemon = await startTestDaemon()
  await upload(daemon, 'docs', 'tower.md', '# The tower\n\nThe tower of Testville is 41 metres high.')
})
afterAll(() => daemon?.[Symbol.asyncDispose]())

const QUESTION = 'How high is the tower of Testville?'

const post = (body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal) =>
  fetch(`http://${daemon.host}${API_PREFIX}/asks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${daemon.token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: signal ?? null,
  })

const eventsOf = (id: string, last?: string) =>
  fetch(`http://${daemon.host}${API_PREFIX}/answers/${id}/events`, {
    headers: {
      authorization: `Bearer ${daemon.token}`,
      ...(last === undefined ? {} : { 'last-event-id': last }),
    },
  })

const EVENTS = { accept: 'text/event-stream' }

interface Sent {
  readonly id: string
  readonly event: string
  readonly data: unknown
}

const sentEvents = (text: string): Sent[] =>
  text
    .trim()
    .split('\n\n')
    .map((block) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? ''
      return { id: field('id'), event: field('event'), data: JSON.parse(field('data')) }
    })

describe('an ask over HTTP', () => {
  test('has the whole answer; the same id has it again', async () => {
    const id = randomUUID()
    const [one, two] = [await post({ id, question: QUESTION }), await post({ id, question: QUESTION })]
    expect(one.status).toBe(200)
    const answer: unknown = await one.json()
    expect(answer).toMatchObject({
      id,
      question: QUESTION,
      text: expect.stringContaining('41 metres'),
      certainty: 'answered',
      refused: false,
      citations: [{ number: 1, uri: 'tower.md' }],
    })
    expect(await two.json()).toMatchObject({ id, text: expect.stringContaining('41 metres') })
  })

  test('continues a conversation', async () => {
    const first = z
      .object({ conversation: z.string() })
      .parse(await (await post({ question: QUESTION })).json())
    const next = await post({ question: 'source?', conversation: first.conversation })
    expect(await next.json()).toMatchObject({ text: expect.stringContaining('tower.md') })
  })

  test('has its events as they come, numbered, which make up the answer', async () => {
    const response = await post({ question: QUESTION, cache: false }, EVENTS)
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const [accepted, ...events] = sentEvents(await response.text())
    expect(accepted).toMatchObject({ event: 'accepted', data: { epoch: 1 } })
    expect(events.map(({ id }) => id)).toEqual(events.map((_, at) => `1-${at + 1}`))
    const deltas = events.flatMap(({ event, data }) =>
      event === 'delta' && typeof data === 'object' && data !== null && 'text' in data
        ? [String(data.text)]
        : [],
    )
    const last = events.at(-1)
    expect(last?.event).toBe('done')
    expect(last?.data).toMatchObject({ answer: { text: deltas.join(''), certainty: 'answered' } })
  })

  test.each([
    ['an empty question', { question: ' ' }, 400, 'empty_question'],
    ['no question', {}, 400, 'bad_request'],
    ['an unknown collection', { question: 'x', collections: ['nowhere'] }, 404, 'unknown_collection'],
    ['an unknown engine', { question: 'x', engine: 'nobody' }, 400, 'unknown_engine'],
    ['an id that is none', { question: 'x', id: '7' }, 400, 'bad_request'],
  ])('%s has a status, also with events', async (_, body, status, code) => {
    for (const headers of [{}, EVENTS]) {
      const response = await post(body, headers)
      expect(response.status).toBe(status)
      expect(await response.json()).toMatchObject({ error: { code } })
    }
  })

  test('goes on when its asker goes, who can resume it after the last event', async () => {
    const id = randomUUID()
    const abort = new AbortController()
    const response = await post({ id, question: QUESTION, cache: false }, EVENTS, abort.signal)
    abort.abort()
    await expect(response.text()).rejects.toThrow()
    const whole = sentEvents(await (await eventsOf(id)).text())
    expect(whole.map((event) => event.id)).toEqual(whole.map((_, at) => `1-${at + 1}`))
    expect(whole.at(-1)?.event).toBe('done')
    const rest = sentEvents(await (await eventsOf(id, whole.at(-3)?.id)).text())
    expect(rest).toEqual(whole.slice(-2))
    // Who has all of it gets its end again.
    expect(sentEvents(await (await eventsOf(id, whole.at(-1)?.id)).text())).toEqual(whole.slice(-1))
  })

  test.each([
    ['an event that is none', '1-x', 400, 'bad_request'],
    ['an epoch that was not yet', '7-1', 400, 'bad_message'],
  ])('is not resumed after %s', async (_, last, status, code) => {
    const id = randomUUID()
    await post({ id, question: QUESTION })
    const response = await eventsOf(id, last)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ error: { code } })
  })

  test('that nobody has asked has no events, and cancelling it does nothing', async () => {
    expect((await eventsOf(randomUUID())).status).toBe(404)
    const id = randomUUID()
    const response = await fetch(`http://${daemon.host}${API_PREFIX}/answers/${id}/cancel`, {
      method: 'POST',
      headers: { authorization: `Bearer ${daemon.token}` },
    })
    expect([response.status, await response.json()]).toEqual([200, { id }])
  })
})

const documentSchema = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({ requestBody: z.object({ content: z.record(z.string(), z.unknown()) }).optional() }),
    ),
  ),
})

test('the OpenAPI document demands a body only where there is one', async () => {
  const document = documentSchema.parse(
    await (await fetch(`http://${daemon.host}${API_PREFIX}/openapi.json`)).json(),
  )
  for (const [path, methods] of Object.entries(document.paths))
    for (const method of ['get', 'delete'])
      expect(methods[method]?.requestBody, `${method} ${path}`).toBeUndefined()
  expect(document.paths[`${API_PREFIX}/asks`]?.post?.requestBody?.content).toHaveProperty('application/json')
  const upload = document.paths[`${API_PREFIX}/collections/{name}/documents`]?.put?.requestBody
  expect(Object.keys(upload?.content ?? {})).toEqual(['application/octet-stream'])
})
