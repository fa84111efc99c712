import { expect, test, vi } from 'vitest'
import { tcpGate } from '../../../daemon/gate.ts'
import { hashPassword, isPassword } from '../../../src/auth/passwords.ts'
import { signingKeys } from '../../../src/auth/signing-keys.ts'
import { isSecure } from '../../../src/domain/loopback.ts'
import type { SigningKey, SigningKeyRepository } from '../../../src/ports/store/signing-keys.ts'

test('a password is known again, and nothing else is', async () => {
  const password = 'пароль из пяти слов 🙂'
  const [first, second] = await Promise.all([hashPassword(password), hashPassword(password)])
  expect(first).not.toBe(second)
  expect(first).toMatch(/^scrypt\$32768\$8\$3\$/)
  expect(await isPassword(password, first)).toBe(true)
  expect(await isPassword(password.normalize('NFD'), first)).toBe(true)
  expect(await isPassword(`${password} `, first)).toBe(false)
  expect(await isPassword(password, undefined)).toBe(false)
  await expect(hashPassword('too short')).rejects.toMatchObject({ code: 'bad_request' })
})

/** In the order of the repository: newest first. */
function keptKeys(): SigningKeyRepository & { keys: SigningKey[] } {
  const keys: SigningKey[] = []
  return {
    keys,
    list: async () => keys.toReversed(),
    add: async (key) => {
      keys.push({ ...key, createdAt: new Date() })
    },
  }
}

test('a signing key is kept encrypted, and another secret does not open it', async () => {
  const store = keptKeys()
  const options = { store, maxAgeMs: 60_000 }
  const { id, key } = await signingKeys({ ...options, secret: 'the right secret' }).current()
  expect(key.asymmetricKeyType).toBe('ed25519')
  expect(store.keys).toHaveLength(1)
  expect(store.keys[0]?.privateKey).not.toContain('PRIVATE')
  const again = signingKeys({ ...options, secret: 'the right secret' })
  expect((await again.current()).id).toBe(id)
  const other = signingKeys({ ...options, secret: 'another secret' })
  await expect(other.current()).rejects.toMatchObject({
    code: 'invalid_config',
    message: expect.stringContaining('CHATBOT_AUTH_SECRET'),
  })
  // To verify, the public half is enough.
  expect(await other.find(id)).toMatchObject({ crv: 'Ed25519' })
  expect(await other.find('unknown')).toBeUndefined()
})

test('a replaced key verifies for an hour more, and then no longer', async () => {
  const store = keptKeys()
  const keys = signingKeys({ store, secret: 'a secret', maxAgeMs: 60_000 })
  const { id } = await keys.current()
  const next = await keys.rotate()
  expect((await keys.current()).id).toBe(next)
  expect((await keys.publicKeys()).map(({ kid }) => kid)).toEqual([next, id])
  vi.useFakeTimers({ toFake: ['Date', 'performance'] })
  try {
    vi.advanceTimersByTime(3_700_000)
    expect((await keys.publicKeys()).map(({ kid }) => kid)).toEqual([next])
    expect(await keys.find(id)).toBeUndefined()
  } finally {
    vi.useRealTimers()
  }
})

test.each([
  ['https://chat.example.org', true],
  ['wss://chat.example.org', true],
  ['http://127.0.0.1:7474', true],
  ['http://localhost', true],
  ['http://[::1]:7474', true],
  ['http://127.1', true],
  ['http://0.0.0.0', false],
  ['http://192.168.0.1', false],
  ['http://localhost.example.org', false],
  ['http://127.0.0.1.example.org', false],
])('%s is secure: %s', (url, secure) => {
  expect(isSecure(url)).toBe(secure)
})

test('authentication is off on loopback addresses only', () => {
  const options = {
    localToken: 'x',
    authenticate: () => Promise.reject(new Error('nobody')),
    allowedHosts: [],
    allowedOrigins: [],
  }
  for (const host of ['127.0.0.1', '::1', 'localhost']) tcpGate({ ...options, host, enabled: false })
  for (const host of ['0.0.0.0', '::', '192.168.0.1', 'chat.example.org']) {
    tcpGate({ ...options, host, enabled: true })
    expect(() => tcpGate({ ...options, host, enabled: false })).toThrow(/auth.enabled is off/)
  }
})
