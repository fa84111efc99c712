import { createServer, type ServerResponse } from 'node:http'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { remoteEmbedder, remoteModel } from '../../../models/remote-embedder.ts'

const PASSAGE = { as: 'passage', priority: 'ingest' } as const
const QUESTION = { as: 'query', priority: 'question' } as const

const requestSchema = z.strictObject({
  model: z.string(),
  input: z.array(z.string()),
  encoding_format: z.literal('float'),
})

/** Speaks the wire format of /v1/embeddings; a text's vector points along its length and its first letter. */
let baseUrl: string
let requests: { input: string[]; authorization: string | undefined }[]
let faults: ((response: ServerResponse) => void)[]
let close: () => Promise<unknown>
beforeEach(async () => {
  requests = []
  faults = []
  const server = createServer(async (incoming, response) => {
    let text = ''
    for await (const piece of incoming) text += String(piece)
    const { input } = requestSchema.parse(JSON.parse(text))
    requests.push({ input, authorization: incoming.headers.authorization })
    const fault = faults.shift()
    if (fault) return fault(response)
    answer(response, input.map(vectorOf))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  baseUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1`
  close = () => {
    server.closeAllConnections()
    return new Promise((done) => server.close(done))
  }
})
afterEach(() => close())

const vectorOf = (text: string): number[] => [text.length, text.charCodeAt(0), 1]

function answer(response: ServerResponse, vectors: readonly (readonly number[])[]): void {
  const data = vectors.map((embedding, index) => ({ object: 'embedding', index, embedding }))
  response.setHeader('content-type', 'application/json')
  // In any order: the index counts.
  response.end(
    JSON.stringify({
      object: 'list',
      model: 'm',
      data: data.toReversed(),
      usage: { prompt_tokens: 8, total_tokens: 8 },
    }),
  )
}

const failing =
  (status: number, headers = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify({ error: { message: 'no', type: 'error', code: null } }))
  }

const json = (text: string) => (response: ServerResponse) =>
  response.setHeader('content-type', 'application/json').end(text)

const embedder = (options = {}) =>
  remoteEmbedder('cloud', {
    baseUrl,
    model: 'text-embed',
    dimensions: 3,
    maxTokens: 512,
    batch: 2,
    timeoutMs: 30_000,
    apiKey: 'sk-1',
    queryPrefix: 'q: ',
    ...options,
  })

it('embeds in batches, in order, normalised, with its prefixes', async () => {
  const remote = embedder()
  const embeddings = await remote.embed(['one', 'three', 'b'], PASSAGE)
  for (const [i, text] of ['one', 'three', 'b'].entries()) {
    const length = Math.hypot(...vectorOf(text))
    expect([...(embeddings[i]?.vector ?? [])]).toEqual(
      vectorOf(text).map((value) => expect.closeTo(value / length, 5)),
    )
  }
  expect(embeddings.map(({ tokens }) => tokens)).toEqual([3, 5, 8])
  await remote.embed(['why'], QUESTION)
  expect(requests).toEqual([
    { input: ['one', 'three'], authorization: 'Bearer sk-1' },
    { input: ['b'], authorization: 'Bearer sk-1' },
    { input: ['q: why'], authorization: 'Bearer sk-1' },
  ])
  expect(remote.queued()).toBe(0)
})

it('knows the prefixes of well-known models, and is the same model wherever it is served', () => {
  const config = {
    model: 'intfloat/multilingual-e5-small',
    dimensions: 3,
    maxTokens: 512,
    batch: 2,
    timeoutMs: 300,
  }
  const here = remoteModel('x', { ...config, baseUrl: 'http://here/v1' })
  expect(remoteModel('x', { ...config, baseUrl: 'http://there/v1' })).toEqual(here)
  const other = remoteModel('x', { ...config, baseUrl: 'http://here/v1', queryPrefix: '' })
  expect(other.fingerprint).not.toBe(here.fingerprint)
})

it('tries again what is refused for a while, after the pause that is asked for', async () => {
  faults = [failing(429, { 'retry-after-ms': '1' }), failing(503, { 'retry-after-ms': '1' })]
  expect(await embedder().embed(['one'], PASSAGE)).toHaveLength(1)
  expect(requests).toHaveLength(3)
})

it.each([
  ['another key', failing(401), 'engine_unauthenticated'],
  ['a request that is refused', failing(400), 'embedder_unusable'],
  ['a page', (response: ServerResponse) => response.end('<html>'), 'embedder_unusable'],
  ['other JSON', json('{"error":"loading"}'), 'embedder_unusable'],
  ['half of an answer', json('{"data":[{"index":0,"embedd'), 'engine_failed'],
  ['another width', (response: ServerResponse) => answer(response, [[1, 2]]), 'embedder_unusable'],
  ['too few vectors', (response: ServerResponse) => answer(response, []), 'embedder_unusable'],
  ['a vector of zeros', (response: ServerResponse) => answer(response, [[0, 0, 0]]), 'embedder_unusable'],
])('tells what %s means', async (_, fault, code) => {
  faults = [fault]
  await expect(embedder().embed(['one'], PASSAGE)).rejects.toMatchObject({ code })
  expect(await embedder().embed(['one'], PASSAGE)).toHaveLength(1)
})

it('gives up on limits that stay, on silence, and on nobody there', async () => {
  faults = Array.from({ length: 6 }, () => failing(429, { 'retry-after-ms': '1', 'retry-after': '7' }))
  await expect(embedder().embed(['one'], PASSAGE)).rejects.toMatchObject({
    code: 'engine_rate_limited',
    retryAfterMs: 7000,
  })
  await expect(embedder({ baseUrl: 'http://127.0.0.1:1/v1' }).embed(['one'], QUESTION)).rejects.toMatchObject(
    {
      code: 'engine_unreachable',
    },
  )
}, 60_000)

it('reads a Retry-After that is a date', async () => {
  const soon = new Date(Date.now() + 3_600_000).toUTCString()
  faults = Array.from({ length: 6 }, () => failing(429, { 'retry-after-ms': '1', 'retry-after': soon }))
  const error = await embedder()
    .embed(['one'], PASSAGE)
    .catch((thrown) => thrown)
  expect(error.retryAfterMs).toBeGreaterThan(1_000_000)
})

it('is cancelled by its caller, and by being closed', async () => {
  const silent = (): void => {}
  faults = [silent, silent]
  const controller = new AbortController()
  const cancelled = embedder({ timeoutMs: 60_000 }).embed(['one'], { ...PASSAGE, signal: controller.signal })
  setTimeout(() => controller.abort(), 20)
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' })
  const remote = embedder({ timeoutMs: 60_000 })
  const closed = remote.embed(['one'], PASSAGE)
  setTimeout(() => remote.close(), 20)
  await expect(closed).rejects.toMatchObject({ code: 'draining' })
  await expect(remote.embed(['one'], PASSAGE)).rejects.toMatchObject({ code: 'draining' })
})
