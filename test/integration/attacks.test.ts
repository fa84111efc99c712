/** What somebody tries who should not get in, or not that far. Everything here is refused. */
import { createHash, createHmac, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { request as httpRequest, IncomingMessage } from 'node:http'
import { connect as connectNet, createServer } from 'node:net'
import { base64url, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { API_PREFIX } from '../../src/api/routes.ts'
import { verifyApiKey } from '../../src/auth/api-keys.ts'
import { apiClient } from '../../src/client/api.ts'
import { connect } from '../../src/client/socket/connect.ts'
import { version } from '../../src/config/version.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { AUDIENCE, type OidcServer, oidcServer } from '../support/oidc.ts'
import { greeted, rawSocket } from '../support/raw-socket.ts'

let daemon: TestDaemon
let provider: OidcServer
/** A login provider that takes connections and never answers. */
const stalled = createServer()
const PASSWORD = 'correct horse battery staple'

beforeAll(async () => {
  provider = await oidcServer()
  await new Promise<void>((resolve) => stalled.listen(0, '127.0.0.1', resolve))
  daemon = await startTestDaemon({
    env: {
      CHATBOT_AUTH_OIDC_COMPANY_ISSUER: provider.issuer,
      CHATBOT_AUTH_OIDC_COMPANY_AUDIENCE: AUDIENCE,
      CHATBOT_AUTH_OIDC_STALLED_ISSUER: stalledIssuer(),
      CHATBOT_AUTH_OIDC_STALLED_AUDIENCE: AUDIENCE,
      // Everything here comes from one address.
      CHATBOT_LIMITS_ADDRESS_FAILURES_BURST: '100000',
      CHATBOT_SERVER_HEAD_TIMEOUT_MS: '1000',
      CHATBOT_SERVER_BODY_TIMEOUT_MS: '1000',
      CHATBOT_SERVER_HELLO_TIMEOUT_MS: '2000',
    },
  })
  for (const name of ['anna', 'boris']) {
    await daemon.api.call('addUser', { body: { name, password: PASSWORD } })
  }
}, 120_000)
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]()
  await provider?.[Symbol.asyncDispose]()
  stalled.close()
})

function stalledIssuer(): string {
  const address = stalled.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

const url = () => `http://${daemon.host}`
const clientOf = (token?: string) => apiClient({ kind: 'tcp', url: url(), token }, { version })
const login = (name = 'anna') => clientOf().call('login', { body: { name, password: PASSWORD } })
const whoami = (token: string) => clientOf(token).call('whoami', {})

function request(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url()}${path}`, init)
}

/** Refused by the HTTP API and by the socket, as what it is. */
async function expectRefused(token: string): Promise<void> {
  const response = await request(`${API_PREFIX}/auth/me`, { headers: { authorization: `Bearer ${token}` } })
  expect(response.status).toBe(401)
  expect(await response.json()).toMatchObject({ error: { code: 'unauthenticated' } })
  await using socket = await rawSocket(`ws://${daemon.host}/ws`)
  socket.send({ type: 'hello', token })
  expect(await socket.closed).toBe(4401)
}

const part = (content: object) => base64url.encode(JSON.stringify(content))
const soon = () => Math.floor(Date.now() / 1000) + 300

describe('forged tokens', () => {
  test.each(['none', 'None', 'NONE', ''])('alg %j', async (alg) => {
    for (const iss of ['chatbot', provider.issuer]) {
      const claims = { iss, aud: [AUDIENCE, 'chatbot'], sub: 'anna', sid: randomUUID(), exp: soon() }
      await expectRefused(`${part({ alg, typ: 'at+jwt' })}.${part(claims)}.`)
    }
  })

  test('the public key of the provider, or of this installation, as a shared secret', async () => {
    await login()
    const published = await (await request('/.well-known/jwks.json')).json()
    const { keys } = z.object({ keys: z.array(z.record(z.string(), z.string())) }).parse(published)
    for (const [iss, jwk] of [
      [provider.issuer, provider.publicKey()],
      ['chatbot', keys[0] ?? {}],
    ] as const) {
      const claims = { iss, aud: [AUDIENCE, 'chatbot'], sub: 'anna', sid: randomUUID(), exp: soon() }
      const signed = `${part({ alg: 'HS256', kid: jwk.kid, typ: 'at+jwt' })}.${part(claims)}`
      for (const secret of [
        JSON.stringify(jwk),
        String(jwk.n ?? jwk.x),
        Buffer.from(String(jwk.n ?? jwk.x), 'base64url'),
      ]) {
        await expectRefused(`${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`)
      }
    }
  })

  test('a key that the token brings along', async () => {
    const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true })
    const jwk = await exportJWK(publicKey)
    for (const iss of ['chatbot', provider.issuer]) {
      for (const header of [
        { jwk },
        { jku: `${provider.issuer}/jwks` },
        { kid: 'key-1' },
        { kid: "' OR 1=1 --" },
        {},
      ]) {
        const forged = new SignJWT({ sid: randomUUID() })
          .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', ...header })
          .setIssuer(iss)
          .setAudience([AUDIENCE, 'chatbot'])
          .setSubject('anna')
          .setExpirationTime('5m')
        await expectRefused(await forged.sign(privateKey))
      }
    }
  })

  test('expired, of another audience or issuer, with an unknown key, or changed', async () => {
    await expectRefused(await provider.token({}, { expires: '-5m' }))
    await expectRefused(await provider.token({ aud: 'another' }))
    await expectRefused(await provider.token({ iss: 'https://evil.example' }))
    // A provider does not make users of this installation.
    await expectRefused(await provider.token({ iss: 'chatbot', aud: 'chatbot' }))
    await expectRefused(await provider.token({}, { kid: 'unknown' }))
    const [head, , signature] = (await provider.token()).split('.')
    await expectRefused(
      `${head}.${part({ iss: provider.issuer, aud: AUDIENCE, sub: 'root', exp: soon() })}.${signature}`,
    )
    const { accessToken } = await login()
    const [ownHead, , ownSignature] = accessToken.split('.')
    await expectRefused(
      `${ownHead}.${part({ iss: 'chatbot', aud: 'chatbot', sub: 'root', exp: soon() })}.${ownSignature}`,
    )
  })

  test.each(['', 'x', 'cb_', `cb_aaaaaaaa_${'a'.repeat(43)}`, 'a.b.c', `${'a'.repeat(8000)}`, 'cb_%00_%27'])(
    'nonsense %#',
    async (token) => {
      if (token !== '') await expectRefused(token)
    },
  )

  test('a group that the token claims gives only what that group was given', async () => {
    const token = await provider.token({ groups: ['admins', 'group:company:admins', 'key:root', 'local'] })
    expect(await whoami(token)).toMatchObject({ everywhere: null, collections: [] })
    await daemon.api.call('addGrant', { body: { subject: 'group:company:admins', role: 'reader' } })
    expect(await whoami(token)).toMatchObject({ everywhere: 'reader' })
    await daemon.api.call('removeGrant', { query: { subject: 'group:company:admins' } })
  })
})

describe('tokens whose time is over', () => {
  test('a refresh token works once; whoever uses it again ends the login, on open sockets too', async () => {
    const first = await login()
    const socket = await greeted(daemon, first.accessToken)
    const second = await clientOf().call('refresh', { body: { refreshToken: first.refreshToken } })
    await whoami(second.accessToken)
    await expect(
      clientOf().call('refresh', { body: { refreshToken: first.refreshToken } }),
    ).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(await socket.closed).toBe(4401)
    await expectRefused(second.accessToken)
    await expect(
      clientOf().call('refresh', { body: { refreshToken: second.refreshToken } }),
    ).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  test('after logout, a new password, or the end of the user', async () => {
    const out = await login()
    await clientOf(out.accessToken).call('logout', {})
    await expectRefused(out.accessToken)
    const changed = await login('boris')
    const own = clientOf(changed.accessToken)
    const password = { params: { name: 'boris' } }
    await expect(
      own.call('setPassword', { ...password, body: { password: 'another long password' } }),
    ).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(
      own.call('setPassword', {
        params: { name: 'anna' },
        body: { password: 'another long password', current: PASSWORD },
      }),
    ).rejects.toMatchObject({ code: 'forbidden' })
    await own.call('setPassword', { ...password, body: { password: PASSWORD, current: PASSWORD } })
    await expectRefused(changed.accessToken)
    await daemon.api.call('addUser', { body: { name: 'carl', password: PASSWORD } })
    const gone = await login('carl')
    await daemon.api.call('removeUser', { params: { name: 'carl' } })
    await expectRefused(gone.accessToken)
    await expect(login('carl')).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  test('a revoked or rotated key, on open sockets too; one that has expired', async () => {
    const { key } = await daemon.api.call('createKey', { body: { name: 'rotated' } })
    const rotatedSocket = await greeted(daemon, key)
    const { key: next } = await daemon.api.call('rotateKey', { params: { name: 'rotated' }, body: {} })
    expect(await rotatedSocket.closed).toBe(4401)
    await expectRefused(key)
    const socket = await greeted(daemon, next)
    await daemon.api.call('revokeKey', { params: { name: 'rotated' } })
    expect(await socket.closed).toBe(4401)
    await expectRefused(next)
    const expiresAt = new Date(Date.now() + 1500).toISOString()
    const brief = await daemon.api.call('createKey', { body: { name: 'brief', expiresAt } })
    const expiring = await greeted(daemon, brief.key)
    expect(await expiring.closed).toBe(4402)
    await expectRefused(brief.key)
  })

  test('a socket ends with its token, unless the same user renews it', async () => {
    const token = (expires: string) => provider.token({}, { expires })
    // The check forgives 30 seconds.
    const left = '-28s'
    const ended = await greeted(daemon, await token(left))
    expect(await ended.closed).toBe(4402)
    await using renewed = await greeted(daemon, await token(left))
    renewed.send({ type: 'auth', token: await token('5m') })
    expect(await renewed.wait('renewed')).toMatchObject({ expiresAt: expect.any(String) })
    const stolen = await greeted(daemon, await token('5m'))
    stolen.send({ type: 'auth', token: await provider.token({ sub: 'mallory' }) })
    expect(await stolen.closed).toBe(4403)
    expect(renewed.socket.readyState).toBe(renewed.socket.OPEN)
  })

  test('keys of the provider that were replaced; an outage of the provider lets nobody new in and nobody out', async () => {
    const old = await provider.token()
    await whoami(old)
    provider.fail(true)
    await whoami(old)
    provider.fail(false)
  })
})

describe('other users', () => {
  test('their answers, conversations and jobs are unknown, and their ids are free', async () => {
    const { accessToken } = await login()
    await using anna = await greeted(daemon, accessToken)
    const { id, last } = await anna.ask('Who built the tower?')
    expect(last?.type).toBe('done')
    const { conversations } = await clientOf(accessToken).call('listConversations', {})
    const conversation = conversations[0]?.id ?? ''
    expect(conversation).not.toBe('')

    const { accessToken: other } = await login('boris')
    const boris = clientOf(other)
    expect((await boris.call('listConversations', {})).conversations).toEqual([])
    for (const name of ['getConversation', 'removeConversation'] as const) {
      await expect(boris.call(name, { params: { id: conversation } })).rejects.toMatchObject({
        code: 'unknown_conversation',
      })
    }
    await using socket = await greeted(daemon, other)
    const send = async (message: object) => {
      const next = randomUUID()
      socket.send({ id: next, ...message })
      return socket.wait('error', next)
    }
    expect(await send({ type: 'history', conversation })).toMatchObject({ code: 'unknown_conversation' })
    expect(await send({ type: 'ask', question: 'And?', conversation })).toMatchObject({
      code: 'unknown_conversation',
    })
    socket.send({ type: 'cancel', id })
    // The same id is another answer for another user.
    expect((await socket.ask('Something else?', { id })).last).toMatchObject({
      type: 'done',
      answer: { question: 'Something else?' },
    })
    expect(
      (await clientOf(accessToken).call('getConversation', { params: { id: conversation } })).turns,
    ).toHaveLength(1)
  })
})

describe('strange input', () => {
  const NASTY = [
    "'; DROP TABLE users; --",
    "' OR '1'='1",
    '\u0000',
    'a\u0000b',
    '\u202Eanna',
    '%00',
    '../../etc/passwd',
    '$(id)',
    '{{7*7}}',
    '\uFFFF',
    '🙂',
    'x'.repeat(5000),
  ]

  test.each(NASTY)('as a name, %#', async (text) => {
    const admin = { authorization: `Bearer ${daemon.token}`, 'content-type': 'application/json' }
    const paths = ['collections', 'keys', 'users', 'documents', 'conversations', 'sources', 'jobs']
    for (const path of paths) {
      const response = await request(`${API_PREFIX}/${path}/${encodeURIComponent(text)}`, {
        method: 'DELETE',
        headers: { authorization: admin.authorization },
      })
      expect([400, 404, 414, 422], `${path} ${response.status}`).toContain(response.status)
    }
    for (const [path, body] of [
      ['keys', { name: text }],
      ['users', { name: text, password: PASSWORD }],
      ['collections', { name: text }],
      ['grants', { subject: text, role: 'reader' }],
    ] as const) {
      const method = path === 'grants' ? 'PUT' : 'POST'
      const response = await request(`${API_PREFIX}/${path}`, {
        method,
        headers: admin,
        body: JSON.stringify(body),
      })
      expect([400, 422], path).toContain(response.status)
    }
    const response = await request(`${API_PREFIX}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: text.slice(0, 60), password: text }),
    })
    expect([400, 401, 422]).toContain(response.status)
    expect((await daemon.api.call('listUsers', {})).users.map(({ name }) => name).toSorted()).toEqual([
      'anna',
      'boris',
    ])
  })

  test('lines in what a client says of itself do not become lines of the log or of the response', async () => {
    const response = await raw(
      `GET ${API_PREFIX}/status%0d%0aX-Injected:%201 HTTP/1.1\r\nHost: ${daemon.host}\r\nAuthorization: Bearer a%0d%0ab\r\nConnection: close\r\n\r\n`,
    )
    expect(response).toMatch(/^HTTP\/1\.1 40\d /)
    expect(response).not.toMatch(/\r\nX-Injected/i)
    await using socket = await rawSocket(`ws://${daemon.host}/ws`)
    socket.send({ type: 'hello', token: daemon.token, version: '1\n{"level":60,"msg":"forged"}' })
    await socket.wait('welcome')
    for (const line of daemon.log().split('\n')) {
      if (line.startsWith('{')) JSON.parse(line)
    }
    expect(daemon.log()).not.toMatch(/^\{"level":60,"msg":"forged"\}/m)
  })

  test('no token, key or password is written to the log', async () => {
    const { accessToken, refreshToken } = await login()
    const { key } = await daemon.api.call('createKey', { body: { name: 'logged' } })
    await whoami(key)
    await expectRefused(`${key.slice(0, -4)}xxxx`)
    for (const secret of [accessToken, refreshToken, key, PASSWORD, daemon.token, await provider.token()]) {
      expect(daemon.log().includes(secret)).toBe(false)
    }
    await daemon.api.call('revokeKey', { params: { name: 'logged' } })
  })

  test('two heads, smuggled lengths and broken requests', async () => {
    const head = `POST ${API_PREFIX}/auth/login HTTP/1.1\r\nHost: ${daemon.host}\r\n`
    for (const rest of [
      'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n',
      'Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
      'Bad Header: x\r\n\r\n',
      'Authorization: Bearer a\u0000b\r\n\r\n',
    ]) {
      expect(await raw(head + rest)).toMatch(/^HTTP\/1\.1 40\d /)
    }
    expect(await raw('NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
  })
})

/** Everything that comes back until the connection ends. */
async function raw(text: string): Promise<string> {
  const [host = '', port = ''] = daemon.host.split(':')
  const socket = connectNet(Number(port), host)
  let got = ''
  socket.setEncoding('latin1').on('data', (piece: string) => {
    got += piece
  })
  socket.on('error', () => undefined)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(Buffer.from(text, 'latin1'))
  await closed
  return got
}

describe('too much, and too slowly', () => {
  test('a body that nobody may send is refused before it is read', async () => {
    const head = (path: string, length: number, more = '') =>
      `POST ${API_PREFIX}${path} HTTP/1.1\r\nHost: ${daemon.host}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\nConnection: close\r\n${more}\r\n`
    expect(await raw(head('/users', 4_000_000))).toMatch(/^HTTP\/1\.1 401 /)
    expect(await raw(head('/auth/login', 4_000_000))).toMatch(/^HTTP\/1\.1 4(00|13) /)
    expect(await raw(head('/users', 40_000_000, `Authorization: Bearer ${daemon.token}\r\n`))).toMatch(
      /^HTTP\/1\.1 4(00|13) /,
    )
  })

  test('heads and bodies that trickle in are cut off', async () => {
    expect(await raw(`GET ${API_PREFIX}/status HTTP/1.1\r\nHost: ${daemon.host}\r\nX-Slow: `)).toMatch(
      /^(HTTP\/1\.1 408 |$)/,
    )
    const started = `POST ${API_PREFIX}/auth/login HTTP/1.1\r\nHost: ${daemon.host}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"na`
    expect(await raw(started)).not.toMatch(/ 200 /)
    const silent = await rawSocket(`ws://${daemon.host}/ws`)
    expect(await silent.closed).toBe(4408)
  })

  test('a head of a megabyte', async () => {
    expect(
      await raw(`GET / HTTP/1.1\r\nHost: ${daemon.host}\r\nX: ${'x'.repeat(1_000_000)}\r\n\r\n`),
    ).toMatch(/^(HTTP\/1\.1 431 |$)/)
  })

  test('messages before the greeting has ended', async () => {
    await using socket = await rawSocket(`ws://${daemon.host}/ws`)
    const claims = { iss: stalledIssuer(), aud: AUDIENCE, sub: 'anna', exp: soon() }
    const token = `${part({ alg: 'RS256', kid: 'key' })}.${part(claims)}.${part({})}`
    socket.send({ type: 'hello', token })
    for (let count = 0; count < 50; count += 1) socket.send({ type: 'search', id: randomUUID(), query: 'x' })
    expect(await socket.closed).toBe(4400)
  })
})

describe('browsers', () => {
  test('a page of another site opens no socket, also with a good token', async () => {
    for (const origin of ['https://evil.example', 'null', `http://${daemon.host}.evil.example`]) {
      const headers = { authorization: `Bearer ${daemon.token}` }
      await expect(rawSocket(`ws://${daemon.host}/ws`, { origin, headers })).rejects.toThrow('403')
      expect((await request(`${API_PREFIX}/status`, { headers: { ...headers, origin } })).status).toBe(403)
    }
  })

  test('a name that was bound to this machine (DNS rebinding)', async () => {
    for (const host of [
      'evil.example',
      'evil.example:80',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      '',
    ]) {
      const response = await raw(
        `GET ${API_PREFIX}/auth/me HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\nAuthorization: Bearer ${daemon.token}\r\nConnection: close\r\n\r\n`,
      )
      expect(response).toMatch(/^HTTP\/1\.1 40[03] /)
    }
  })
})

describe('guessing', () => {
  test('a key is looked up and compared in the same steps, whether it exists or not', async () => {
    const known = `cb_aaaaaaaa_${'a'.repeat(43)}`
    const steps: string[] = []
    const row = {
      id: '1',
      name: 'a',
      hash: createHash('sha256').update(known).digest('hex'),
      previousHash: null,
      previousUntil: null,
      expiresAt: null,
      revokedAt: null,
    }
    const find = async (prefix: string) => {
      steps.push(prefix)
      return prefix === 'aaaaaaaa' ? row : undefined
    }
    const messageOf = (key: string) =>
      verifyApiKey({ find }, key).then(
        () => 'good',
        (error: Error) => error.message,
      )
    expect(await messageOf(known)).toBe('good')
    // The secret is never part of a query, and no reason tells a wrong secret from an unknown prefix.
    const wrong = await messageOf(`cb_aaaaaaaa_${'b'.repeat(43)}`)
    expect(await messageOf(`cb_bbbbbbbb_${'a'.repeat(43)}`)).toBe(wrong)
    expect(steps).toEqual(['aaaaaaaa', 'aaaaaaaa', 'bbbbbbbb'])
  })

  const guess = (name: string) =>
    clientOf()
      .call('login', { body: { name, password: 'wrong' } })
      .then(
        () => 'in',
        (error: unknown) => String(Reflect.get(Object(error), 'code')),
      )

  test('passwords: wrong ones make guessers wait, and nobody who was here before', async () => {
    await daemon.api.call('addUser', { body: { name: 'fred', password: PASSWORD } })
    await login('fred')
    // All at once, which is no way round the count.
    const codes = await Promise.all(Array.from({ length: 25 }, () => guess('fred')))
    expect(codes.filter((code) => code === 'unauthenticated')).toHaveLength(10)
    expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(15)
    expect([await guess('fred'), await guess('fred')]).toEqual(['unauthenticated', 'rate_limited'])
    await login('fred')
    await login('anna')
  })

  test('passwords: whoever was not here before waits a moment, and is in', async () => {
    await daemon.api.call('addUser', { body: { name: 'dora', password: PASSWORD } })
    for (let count = 0; count < 11; count += 1) expect(await guess('dora')).toBe('unauthenticated')
    const refused: unknown = await login('dora').catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'rate_limited', retryAfterMs: expect.any(Number) })
    const { retryAfterMs } = z.object({ retryAfterMs: z.number().positive().max(1000) }).parse(refused)
    await new Promise((resolve) => setTimeout(resolve, retryAfterMs))
    expect(await login('dora')).toMatchObject({ user: 'dora' })
  })

  test('one’s own password, guessed with a stolen token', async () => {
    await daemon.api.call('addUser', { body: { name: 'emma', password: PASSWORD } })
    const { accessToken } = await login('emma')
    const codes: unknown[] = []
    for (let count = 0; count < 14; count += 1) {
      const body = { password: 'another long password', current: `guess ${count}` }
      const changed = clientOf(accessToken).call('setPassword', { params: { name: 'emma' }, body })
      codes.push(await changed.catch((error: unknown) => Reflect.get(Object(error), 'code')))
    }
    expect(codes).toContain('rate_limited')
    expect(await login('emma')).toMatchObject({ user: 'emma' })
  })

  test('a name that exists and one that does not are refused alike', async () => {
    const refusal = (name: string) =>
      clientOf()
        .call('login', { body: { name, password: 'wrong' } })
        .then(
          () => '',
          (error: Error) => error.message,
        )
    expect(await refusal('anna')).toBe(await refusal('nobody'))
  })
})

describe('guessing from one address', () => {
  /** Of a network that the daemon trusts as its proxy; nothing else is. */
  const PROXY = '127.0.0.2'
  const GUESSES = 4
  /** Of any kind, from one address. */
  const REQUESTS = 200
  let guarded: TestDaemon
  let key: string
  beforeAll(async () => {
    guarded = await startTestDaemon({
      env: {
        CHATBOT_SERVER_TRUSTED_PROXIES: PROXY,
        CHATBOT_LIMITS_ADDRESS_FAILURES_BURST: String(GUESSES),
        CHATBOT_LIMITS_ADDRESS_FAILURES_PER_MINUTE: '1',
        CHATBOT_LIMITS_ADDRESS_BURST: String(REQUESTS),
        CHATBOT_LIMITS_ADDRESS_PER_MINUTE: '1',
      },
    })
    await guarded.api.call('addUser', { body: { name: 'anna', password: PASSWORD } })
    key = (await guarded.api.call('createKey', { body: { name: 'good' } })).key
  }, 120_000)
  afterAll(() => guarded?.[Symbol.asyncDispose]())

  let guesses = 0
  const wrongKey = () => `cb_aaaaaaaa_${String(guesses++).padStart(43, 'x')}`

  /** Where it comes from, and what it says of that. */
  interface From {
    readonly localAddress: string
    readonly forwarded: string
  }
  const headersOf = ({ forwarded }: From) => ({ 'x-forwarded-for': forwarded })

  async function send(from: From, path: string, token?: string, body?: object) {
    const request = httpRequest(`http://${guarded.host}${path}`, {
      localAddress: from.localAddress,
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...headersOf(from),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
    })
    request.end(body === undefined ? undefined : JSON.stringify(body))
    const [response] = z.tuple([z.instanceof(IncomingMessage)]).parse(await once(request, 'response'))
    response.resume()
    return { status: response.statusCode, retryAfter: Number(response.headers['retry-after']) }
  }
  const ask = async (from: From, token: string) => (await send(from, `${API_PREFIX}/auth/me`, token)).status
  const logIn = async (from: From, password: string) =>
    (await send(from, `${API_PREFIX}/auth/login`, undefined, { name: 'anna', password })).status
  async function hello(from: From, token: string): Promise<number | 'welcome'> {
    const { localAddress } = from
    await using socket = await rawSocket(`ws://${guarded.host}/ws`, {
      localAddress,
      headers: headersOf(from),
    })
    socket.send({ type: 'hello', token })
    const { closed } = socket
    return await Promise.race([closed, socket.wait('welcome').then(() => 'welcome' as const)])
  }
  const upgrade = ({ localAddress, ...from }: From, token: string) =>
    rawSocket(`ws://${guarded.host}/ws`, {
      localAddress,
      headers: { 'x-forwarded-for': from.forwarded, authorization: `Bearer ${token}` },
    })

  const behindProxy = (forwarded: string): From => ({ localAddress: PROXY, forwarded })

  /** Wrong tokens by each way in, and wrong passwords, until the next one has to wait. */
  async function exhaust(from: () => From): Promise<void> {
    expect(await ask(from(), wrongKey())).toBe(401)
    expect(await hello(from(), wrongKey())).toBe(4401)
    expect(await (await upgrade(from(), wrongKey())).closed).toBe(4401)
    expect(await ask(from(), wrongKey())).toBe(401)
    for (let count = 0; count < GUESSES; count += 1) expect(await logIn(from(), `wrong ${count}`)).toBe(401)
  }

  async function expectHeldUp(from: () => From): Promise<void> {
    const refused = await send(from(), `${API_PREFIX}/auth/me`, wrongKey())
    expect(refused.status).toBe(429)
    expect(refused.retryAfter).toBeGreaterThan(0)
    await expect(upgrade(from(), wrongKey())).rejects.toThrow('429')
    expect(await hello(from(), wrongKey())).toBe(4500)
    expect(await logIn(from(), 'wrong')).toBe(401)
    expect(await logIn(from(), 'wrong')).toBe(429)
  }

  const newKey = async (name: string) => (await guarded.api.call('createKey', { body: { name } })).key

  test('by any way in, wrong ones cost the address a wait; right ones get in; no other address waits', async () => {
    const guesser = () => behindProxy('203.0.113.1')
    expect(await ask(guesser(), key)).toBe(200)
    expect(await logIn(guesser(), PASSWORD)).toBe(200)
    await exhaust(guesser)
    await expectHeldUp(guesser)
    // Keys and passwords that were right here before, and a key that comes for the first time.
    expect(await ask(guesser(), key)).toBe(200)
    expect(await hello(guesser(), key)).toBe('welcome')
    expect(await logIn(guesser(), PASSWORD)).toBe(200)
    expect(await ask(guesser(), await newKey('late'))).toBe(200)
    expect(await hello(guesser(), await newKey('late-too'))).toBe('welcome')
    expect((await send(guesser(), '/healthz')).status).toBe(200)
    expect(await logIn(behindProxy('203.0.113.2'), PASSWORD)).toBe(200)
    expect(await ask(behindProxy('203.0.113.2'), wrongKey())).toBe(401)
  })

  test('140 wrong keys from one client, and a right one of another behind the same address', async () => {
    const from = behindProxy('203.0.113.5')
    for (let sent = 0; sent < 140; sent += 1)
      expect(await ask(from, wrongKey())).toBe(sent < GUESSES ? 401 : 429)
    expect(await ask(from, await newKey('colleague'))).toBe(200)
  })

  test('a refresh token gets in beside wrong ones', async () => {
    const from = behindProxy('203.0.113.6')
    const { refreshToken } = await guarded.api.call('login', { body: { name: 'anna', password: PASSWORD } })
    const refresh = async (token: string) =>
      (await send(from, `${API_PREFIX}/auth/refresh`, undefined, { refreshToken: token })).status
    const codes = []
    for (let sent = 0; sent < 2 * GUESSES; sent += 1)
      codes.push(await refresh(`cr_${String(sent).padStart(43, 'x')}`))
    expect(codes).toEqual([...Array(GUESSES).fill(401), ...Array(GUESSES).fill(429)])
    expect(await refresh(refreshToken)).toBe(200)
  })

  test('an address that nobody trusted has named makes no new guesser', async () => {
    let told = 0
    const from = (localAddress: string) => () => ({ localAddress, forwarded: `198.51.100.${told++}` })
    await exhaust(from('127.0.0.3'))
    await expectHeldUp(from('127.0.0.3'))
    // What stands before the address that the proxy has seen is the guesser's own word.
    const behind = () => behindProxy(`198.51.100.${told++}, 203.0.113.3`)
    await exhaust(behind)
    await expectHeldUp(behind)
  })

  test('an address has so many requests, before anybody knows whose they are', async () => {
    const health = (from: From) => send(from, '/healthz')
    const responses = await Promise.all(
      Array.from({ length: REQUESTS + 2 }, () => health(behindProxy('203.0.113.9'))),
    )
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(REQUESTS)
    const refused = await health(behindProxy('203.0.113.9'))
    expect(refused.status).toBe(429)
    expect(refused.retryAfter).toBeGreaterThan(0)
    expect((await health(behindProxy('203.0.113.10'))).status).toBe(200)
    const crowded = behindProxy('203.0.113.11')
    expect(await ask(crowded, key)).toBe(200)
    while ((await health(crowded)).status === 200);
    // Who was let in there before is counted alone.
    expect(await ask(crowded, key)).toBe(200)
    expect(await ask(crowded, await newKey('crowded'))).toBe(429)
    expect((await guarded.api.call('status', {})).ready).toBe(true)
  })

  test('a good token that ends is no guess', async () => {
    const from = behindProxy('203.0.113.4')
    for (let count = 0; count < 2 * GUESSES; count += 1) {
      const made = await guarded.api.call('createKey', { body: { name: `ends-${count}` } })
      await using socket = await upgrade(from, made.key)
      socket.send({ type: 'hello' })
      await socket.wait('welcome')
      await guarded.api.call('revokeKey', { params: { name: `ends-${count}` } })
      expect(await ask(from, made.key)).toBe(401)
    }
    expect(await logIn(from, PASSWORD)).toBe(200)
  })
})

describe('the client', () => {
  test('sends no token in the clear to another machine', async () => {
    const endpoint = { kind: 'tcp', url: 'http://chat.example.org', token: 'secret' } as const
    await expect(apiClient(endpoint, { version }).call('whoami', {})).rejects.toMatchObject({
      code: 'insecure_connection',
    })
    await expect(connect(endpoint, { version })).rejects.toMatchObject({ code: 'insecure_connection' })
  })
})
