/** The HTTP API on a real daemon: probes, tokens, the OpenAPI document, bad requests, uploads. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { PASSWORD_HEADER } from '../../src/api/routes/documents.ts'
import type { Route } from '../../src/api/routes/route.ts'
import { API_PREFIX, routes } from '../../src/api/routes.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'

let daemon: TestDaemon
beforeAll(async () => {
  daemon = await startTestDaemon({
    env: { CHATBOT_INGEST_MAX_FILE_BYTES: '20000', CHATBOT_SERVER_ALLOWED_ORIGINS: 'https://ours.example' },
  })
})
afterAll(() => daemon?.[Symbol.asyncDispose]())

const authorized = () => ({ authorization: `Bearer ${daemon.token}` })
const get = (path: string, init: RequestInit = {}) => fetch(`http://${daemon.host}${path}`, init)

async function put(
  uri: string,
  bytes: Buffer | string,
  given: { hash?: string; type?: string; password?: string } = {},
) {
  const hash = given.hash ?? createHash('sha256').update(bytes).digest('hex')
  const response = await get(
    `${API_PREFIX}/collections/default/documents?uri=${encodeURIComponent(uri)}&hash=${hash}`,
    {
      method: 'PUT',
      headers: {
        ...authorized(),
        'content-type': given.type ?? 'application/octet-stream',
        ...(given.password === undefined ? {} : { [PASSWORD_HEADER]: encodeURIComponent(given.password) }),
      },
      body: new Uint8Array(Buffer.from(bytes)),
    },
  )
  return { status: response.status, body: JSON.parse(await response.text()) }
}

describe('probes', () => {
  test('need no token', async () => {
    expect(await (await get('/healthz')).json()).toMatchObject({ status: 'ok' })
    expect(await (await get('/readyz')).json()).toMatchObject({ status: 'ok' })
  })
})

describe('the gate', () => {
  const closed = Object.entries<Route>(routes).filter(([, route]) => route.open !== true)
  test.each(closed)('%s needs a token over TCP', async (_name, route) => {
    const path = API_PREFIX + route.path.replace(/:\w+/g, 'x')
    const response = await get(path, { method: route.method })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: { code: 'unauthenticated' } })
  })

  test('a wrong token, a foreign origin and a foreign host are refused', async () => {
    const path = `${API_PREFIX}/status`
    expect((await get(path, { headers: { authorization: 'Bearer nonsense' } })).status).toBe(401)
    expect((await get(path, { headers: { ...authorized(), origin: 'https://evil.example' } })).status).toBe(
      403,
    )
    expect((await get(path, { headers: { ...authorized(), origin: 'https://ours.example' } })).status).toBe(
      200,
    )
    expect(await rawStatus(path, { ...authorized(), host: 'evil.example' })).toBe(403)
    expect(await rawStatus(path, { ...authorized(), host: 'localhost:1' })).toBe(200)
  })

  test('nobody stops the daemon over TCP', async () => {
    expect((await get(`${API_PREFIX}/shutdown`, { method: 'POST', headers: authorized() })).status).toBe(403)
  })
})

/** fetch does not let its Host be chosen. */
function rawStatus(path: string, headers: Record<string, string>): Promise<number | undefined> {
  const [host, port] = daemon.host.split(':')
  return new Promise((resolve, reject) => {
    request({ host, port, path, headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

describe('the OpenAPI document', () => {
  test('has every route, and the status response is as it says', async () => {
    const document = z
      .object({
        openapi: z.string(),
        paths: z.record(
          z.string(),
          z.record(z.string(), z.object({ operationId: z.string(), parameters: z.array(z.unknown()) })),
        ),
      })
      .parse(await (await get(`${API_PREFIX}/openapi.json`)).json())
    const operations = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    )
    expect(operations.toSorted()).toEqual(Object.keys(routes).toSorted())
    for (const [name, route] of Object.entries<Route>(routes)) {
      const path = document.paths[API_PREFIX + route.path.replace(/:(\w+)/g, '{$1}')]
      const expected = [route.params, route.query, route.headers].flatMap(({ shape }) => Object.keys(shape))
      expect(path?.[route.method.toLowerCase()]?.parameters, name).toHaveLength(expected.length)
    }
    routes.status.response
      .strict()
      .parse(await (await get(`${API_PREFIX}/status`, { headers: authorized() })).json())
  })
})

describe('bad requests say what is wrong', () => {
  test.each([
    ['an unknown path', 'GET', '/nothing', undefined, 404, 'not_found'],
    ['no JSON', 'POST', '/collections', '{nonsense', 400, 'bad_request'],
    ['a wrong body', 'POST', '/collections', '{"name": 7}', 400, 'bad_request'],
    ['a bad collection name', 'POST', '/collections', '{"name": "../etc"}', 400, 'bad_request'],
    ['a wrong limit', 'GET', '/documents?limit=abc', undefined, 400, 'bad_request'],
    ['an unknown document', 'GET', '/documents/none.md', undefined, 404, 'unknown_document'],
    ['an unknown collection', 'DELETE', '/collections/none', undefined, 404, 'unknown_collection'],
    ['an unknown conversation', 'GET', '/conversations/none', undefined, 404, 'unknown_conversation'],
    [
      'SQL in a name',
      'GET',
      `/documents/${encodeURIComponent("x' OR 1=1 --")}`,
      undefined,
      404,
      'unknown_document',
    ],
    ['a NUL in a name', 'GET', '/documents/%00', undefined, 422, 'invalid_encoding'],
    ['half a character', 'POST', '/search', '{"query": "a\\ud800"}', 422, 'invalid_encoding'],
    ['a name that cannot be decoded', 'GET', '/documents/%ff', undefined, 400, 'bad_request'],
    ['a name that is too long', 'GET', `/documents/${'a'.repeat(5000)}`, undefined, 400, 'bad_request'],
    ['deep JSON', 'POST', '/search', '{"query":'.repeat(100_000), 400, 'bad_request'],
    ['wide JSON', 'POST', '/search', `{"query": [${'0,'.repeat(100_000)}0]}`, 400, 'bad_request'],
  ])('%s', async (_name, method, path, body, status, code) => {
    const response = await get(API_PREFIX + path, {
      method,
      headers: { ...authorized(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body,
    })
    expect(await response.json()).toMatchObject({ error: { code, message: expect.any(String) } })
    expect(response.status).toBe(status)
  })
})

describe('uploads', () => {
  beforeAll(async () => {
    await daemon.api.call('createCollection', { body: { name: 'default' } })
  })

  test('a document is indexed once, and the second time unchanged', async () => {
    expect(await put('a.md', '# A\n\nSome text.')).toMatchObject({ status: 200, body: { status: 'indexed' } })
    expect(await put('a.md', '# A\n\nSome text.')).toMatchObject({
      status: 200,
      body: { status: 'unchanged' },
    })
  })

  test('an encrypted file opens with its password, which nobody writes down', async () => {
    const bytes = readFileSync(new URL('../data/documents/real/pypdf-r6-both-passwords.pdf', import.meta.url))
    const locked = { status: 422, body: { error: { code: 'needs_password' } } }
    expect(await put('locked.pdf', bytes)).toMatchObject(locked)
    expect(await put('locked.pdf', bytes, { password: 'Пароль не тот' })).toMatchObject(locked)
    expect(await put('locked.pdf', bytes, { password: 'foo' })).toMatchObject({ status: 200 })
    expect(daemon.log()).not.toMatch(/Пароль|%D0%9F%D0%B0%D1%80/u)
  })

  test.each([
    ['0 bytes', '', {}, 422, 'document_empty'],
    ['too large', 'x'.repeat(30_000), {}, 413, 'document_too_large'],
    ['another content than announced', 'text', { hash: '0'.repeat(64) }, 409, 'document_hash_mismatch'],
    [
      'binary garbage',
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]),
      {},
      415,
      'unsupported_format',
    ],
    ['a body of another type', '{}', { type: 'application/json' }, 400, 'bad_request'],
  ] as const)('%s', async (_name, bytes, given, status, code) => {
    const answer = await put('bad.md', Buffer.from(bytes), given)
    expect(answer).toMatchObject({ status, body: { error: { code } } })
  })
})

describe('the page for a browser', () => {
  test('is there without a token, may load nothing from elsewhere and may ask its own daemon', async () => {
    const page = await get('/')
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    const files = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file)
    expect(files).toEqual(['page.css', 'page.js'])
    for (const file of files) expect((await get(`/${file}`)).status).toBe(200)

    const own = { ...authorized(), origin: `http://${daemon.host}` }
    expect((await get(`${API_PREFIX}/status`, { headers: own })).status).toBe(200)
  })
})
