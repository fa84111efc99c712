/** Pages of other origins: those that the configuration names may use the API, others may not. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API_PREFIX } from '../../src/api/routes.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'

const PAGE = 'https://intranet.example'

let daemon: TestDaemon
beforeAll(async () => {
  daemon = await startTestDaemon({ env: { CHATBOT_SERVER_ALLOWED_ORIGINS: PAGE } })
})
afterAll(() => daemon?.[Symbol.asyncDispose]())

const call = (path: string, init: RequestInit) => fetch(`http://${daemon.host}${path}`, init)

/** What a browser asks before it sends a request that is not a simple one. */
const preflight = (path: string, origin: string, method: string) =>
  call(path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization, content-type, last-event-id',
    },
  })

describe.each([`${API_PREFIX}/asks`, '/v1/chat/completions', '/mcp'])('%s', (path) => {
  test('may be called by a page that is named', async () => {
    const asked = await preflight(path, PAGE, 'POST')
    expect(asked.status).toBe(204)
    expect(asked.headers.get('access-control-allow-origin')).toBe(PAGE)
    expect(asked.headers.get('access-control-allow-methods')).toContain('POST')
    expect(asked.headers.get('access-control-allow-headers')).toContain('authorization')
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull()
  })

  test('may not be called by another', async () => {
    expect((await preflight(path, 'https://other.example', 'POST')).status).toBe(403)
  })
})

test('a page reads the response, and a refusal, but needs a token like everybody', async () => {
  const headers = { origin: PAGE, authorization: `Bearer ${daemon.token}` }
  const response = await call(`${API_PREFIX}/status`, { headers })
  expect(response.status).toBe(200)
  expect(response.headers.get('access-control-allow-origin')).toBe(PAGE)
  expect(response.headers.get('access-control-expose-headers')).toContain('x-request-id')
  expect(response.headers.get('vary')).toContain('Origin')
  const refused = await call(`${API_PREFIX}/status`, { headers: { origin: PAGE } })
  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, PAGE])
})

test('without an origin nothing is different, and what is no preflight is refused', async () => {
  const response = await call(`${API_PREFIX}/status`, {
    headers: { authorization: `Bearer ${daemon.token}` },
  })
  expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, null])
  expect((await call(`${API_PREFIX}/status`, { method: 'OPTIONS' })).status).toBeGreaterThanOrEqual(400)
})
