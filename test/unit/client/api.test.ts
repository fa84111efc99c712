import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { apiClient } from '../../../src/client/api.ts'

/** A real HTTP server on a Unix socket, with a folder for files. */
async function daemon(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const dir = mkdtempSync(join(tmpdir(), 'api-'))
  const socketPath = join(dir, 'd.sock')
  const server = createServer(answer)
  await new Promise<void>((resolve) => {
    server.listen(socketPath, resolve)
  })
  const api = apiClient({ kind: 'local', socketPath }, { version: '1.0.0' })
  return {
    api,
    dir,
    async [Symbol.asyncDispose]() {
      api.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function reply(response: ServerResponse, status: number, body: unknown, version = '1.0.0'): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-chatbot-version': version })
  response.end(JSON.stringify(body))
}

const document = {
  id: 'd1',
  collection: 'default',
  uri: '/docs/ё a.md',
  title: 'A',
  mediaType: 'text/markdown',
  language: 'ru',
  bytes: 5,
  length: 5,
  chunks: 1,
  hash: 'f'.repeat(64),
  warnings: [],
  metadata: {},
  modifiedAt: null,
  ingestedAt: '2026-11-22T00:00:00.000Z',
}

const file = (path: string, bytes: number) => ({
  collection: 'default',
  uri: '/docs/ё a.md',
  path,
  bytes,
  hash: 'f'.repeat(64),
})

test('a call has its path, query, body and the version', async () => {
  const seen: (string | undefined)[] = []
  await using server = await daemon((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['x-chatbot-version']}`)
    if (request.method === 'GET')
      reply(response, 200, request.url?.includes('limit') ? { documents: [] } : document)
    else {
      let text = ''
      request.on('data', (chunk) => {
        text += chunk
      })
      request.on('end', () => {
        seen.push(text)
        reply(response, 200, { needed: ['a'], changed: [], staged: [] })
      })
    }
  })
  await server.api.call('getDocument', { params: { reference: '/docs/ё a.md' } })
  await server.api.call('listDocuments', { query: { limit: 5, collection: undefined } })
  const files = [{ uri: 'a', bytes: 1, hash: 'f'.repeat(64) }]
  expect(await server.api.call('compareManifest', { params: { name: 'x' }, body: { files } })).toEqual({
    needed: ['a'],
    changed: [],
    staged: [],
  })
  expect(seen).toEqual([
    'GET /api/v1/documents/%2Fdocs%2F%D1%91%20a.md 1.0.0',
    'GET /api/v1/documents?limit=5 1.0.0',
    'POST /api/v1/collections/x/manifest 1.0.0',
    JSON.stringify({ files }),
  ])
})

test('an error of the daemon keeps its code, message and time to wait', async () => {
  await using server = await daemon((_request, response) =>
    reply(response, 429, { error: { code: 'rate_limited', message: 'slow down', retryAfterMs: 700 } }),
  )
  await expect(server.api.call('listCollections', {})).rejects.toMatchObject({
    code: 'rate_limited',
    message: 'slow down',
    retryAfterMs: 700,
  })
})

test.each([
  ['1.0.0', 'internal'],
  ['2.0.0', 'version_mismatch'],
])('an answer of another form from version %s is %s', async (version, code) => {
  await using server = await daemon((_request, response) => reply(response, 200, { odd: 1 }, version))
  await expect(server.api.call('listCollections', {})).rejects.toMatchObject({ code })
})

test('what is not a chatbot daemon is said to be none', async () => {
  await using server = await daemon((_request, response) => response.end('<h1>It works!</h1>'))
  await expect(server.api.call('status', {})).rejects.toMatchObject({ code: 'daemon_unreachable' })
})

test('nobody listens', async () => {
  using api = apiClient({ kind: 'local', socketPath: '/nonexistent/d.sock' }, { version: '1' })
  await expect(api.call('status', {})).rejects.toMatchObject({ code: 'daemon_unreachable' })
})

test('a connection cut in the middle of the answer', async () => {
  await using server = await daemon((_request, response) => {
    response.writeHead(200, { 'content-length': 1000 })
    response.write('{', () => response.destroy())
  })
  await expect(server.api.call('status', {})).rejects.toMatchObject({ code: 'daemon_unreachable' })
})

test('an aborted call is cancelled', async () => {
  const stop = new AbortController()
  await using server = await daemon(() => stop.abort())
  await expect(server.api.call('status', {}, { signal: stop.signal })).rejects.toMatchObject({
    code: 'cancelled',
  })
})

test('an upload streams the bytes of the file', async () => {
  const received: Buffer[] = []
  await using server = await daemon((request, response) => {
    request.on('data', (chunk: Buffer) => received.push(chunk))
    request.on('end', () => reply(response, 200, { status: 'indexed', document }))
  })
  const path = join(server.dir, 'a.md')
  const content = Buffer.alloc(3_000_000, 'пр')
  writeFileSync(path, content)
  const { status } = await server.api.upload(file(path, content.length))
  expect(status).toBe('indexed')
  expect(Buffer.concat(received).equals(content)).toBe(true)
  writeFileSync(path, '')
  received.length = 0
  await server.api.upload(file(path, 0))
  expect(received).toEqual([])
})

test('a refusal before the whole file was read is heard', async () => {
  await using server = await daemon((_request, response) =>
    reply(response, 413, { error: { code: 'document_too_large', message: 'too large' } }),
  )
  const path = join(server.dir, 'large.md')
  writeFileSync(path, '')
  truncateSync(path, 50_000_000)
  await expect(server.api.upload(file(path, 50_000_000))).rejects.toMatchObject({
    code: 'document_too_large',
  })
})

test('a file that shrank or went away since it was hashed', async () => {
  await using server = await daemon((request) => request.resume())
  const path = join(server.dir, 'a.md')
  writeFileSync(path, 'abc')
  await expect(server.api.upload(file(path, 10))).rejects.toMatchObject({ code: 'document_hash_mismatch' })
  await expect(server.api.upload(file(join(server.dir, 'gone.md'), 3))).rejects.toMatchObject({
    code: 'document_unreadable',
  })
})
