/** What somebody without a token can reach: everything that is served is walked, so that nothing gets in by oversight. */

import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { limitedByAddress, tcpGate } from '../../../../daemon/gate.ts'
import { buildHttp, OPEN_ROUTES } from '../../../../daemon/http/server.ts'
import { createMetrics } from '../../../../daemon/metrics.ts'
import type { Life } from '../../../../daemon/services.ts'
import { configSchema } from '../../../../src/config/schema.ts'
import { ChatbotError } from '../../../../src/domain/errors.ts'

/** As docs/SECURITY.md lists them. */
const OPEN = [
  '/',
  '/.well-known/jwks.json',
  '/api/v1/auth/login',
  '/api/v1/auth/refresh',
  '/api/v1/openapi.json',
  '/healthz',
  '/markdown.js',
  '/marked.js',
  '/page.css',
  '/page.js',
  '/readyz',
]

const config = configSchema.parse({ dataDir: '/nowhere', models: { cacheDir: '/nowhere' } })
const life: Life = {
  phase: { name: 'starting', awaiting: 'a test' },
  version: '1.2.3',
  startedAt: new Date(),
  touch() {},
  stop() {},
  closing: new AbortController().signal,
  listen: null,
  idleStopMinutes: null,
  sockets: () => 0,
}

let app: FastifyInstance
beforeAll(async () => {
  const gate = tcpGate({
    localToken: 'the token',
    authenticate: () => Promise.reject(new ChatbotError('unauthenticated', 'no')),
    enabled: true,
    host: '127.0.0.1',
    allowedHosts: [],
    allowedOrigins: [],
  })
  app = buildHttp({
    life,
    gate: limitedByAddress(gate, config),
    log: pino({ enabled: false }),
    local: false,
    metrics: createMetrics('1.2.3'),
    times: config.server,
    connections: undefined,
    allowedOrigins: [],
    mayScrape: () => false,
  })
  await app.ready()
})
afterAll(() => app.close())

/** Of the tree that Fastify prints: each line continues the path of the line that it is under. */
function served(): { method: string; path: string }[] {
  const above: string[] = []
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', part = '', methods = ''] = /^(.*)[├└]── (\S*) \((.+)\)$/.exec(line) ?? []
      if (methods === '') return []
      const depth = indent.length / 4
      above.splice(depth, above.length, part)
      const path = above.join('').replace(/:\w+/g, 'x')
      return methods.split(', ').map((method) => ({ method, path }))
    })
}

const methodSchema = z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])

const ask = (method: string, url: string, headers = {}) =>
  app.inject({ method: methodSchema.parse(method), url, headers: { host: '127.0.0.1', ...headers } })

describe('without a token', () => {
  test('only these are open', async () => {
    expect([...OPEN_ROUTES].toSorted()).toEqual(OPEN)
    const routes = served()
    expect(routes.length).toBeGreaterThan(60)
    expect(OPEN.filter((path) => !routes.some((route) => route.path === path))).toEqual([])
    const open: string[] = []
    for (const { method, path } of routes) {
      const { statusCode } = await ask(method, path)
      if (statusCode !== 401) open.push(path)
    }
    expect([...new Set(open)].toSorted()).toEqual(OPEN)
  })

  test('nothing is read of what is sent to no route, and to one that needs a token', async () => {
    for (const url of ['/nothing', '/api/v1/search', '/v1/chat/completions']) {
      const { statusCode } = await app.inject({
        method: 'POST',
        url,
        headers: { host: '127.0.0.1', 'content-type': 'application/json' },
        payload: '{nonsense',
      })
      expect(statusCode).toBe(url === '/nothing' ? 404 : 401)
    }
  })

  test.each(['/', '/page.css', '/page.js', '/markdown.js', '/marked.js', '/api/v1/openapi.json'])(
    '%s is sent once to a client',
    async (url) => {
      const first = await ask('GET', url)
      const etag = String(first.headers.etag)
      expect(first.statusCode).toBe(200)
      expect(etag).toMatch(/^"[\w-]{43}"$/)
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const again = await ask('GET', url, { 'if-none-match': known })
        expect(again.statusCode).toBe(304)
        expect(again.body).toBe('')
        expect(again.headers.etag).toBe(etag)
      }
      const other = await ask('GET', url, { 'if-none-match': '"other"' })
      expect(other.body).toBe(first.body)
      expect((await ask('HEAD', url)).headers['content-length']).toBe(String(first.rawPayload.length))
    },
  )
})
