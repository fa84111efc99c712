/** Tokens of a login provider on a real HTTP server: keys that change, that cannot be had, and claims. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type OidcProvider, oidcVerifier } from '../../../src/auth/oidc.ts'
import { AUDIENCE, type OidcServer, oidcServer } from '../../support/oidc.ts'

let server: OidcServer
beforeEach(async () => {
  server = await oidcServer()
})
afterEach(() => server[Symbol.asyncDispose]())

const failures: unknown[] = []

function verifier(
  provider: Partial<OidcProvider> = {},
  options: { cooldownMs?: number; freshMs?: number } = {},
) {
  return oidcVerifier(
    {
      name: 'company',
      issuer: server.issuer,
      audience: [AUDIENCE],
      algorithms: ['RS256', 'ES256', 'EdDSA'],
      groupsClaim: 'groups',
      nameClaim: 'preferred_username',
      clockToleranceSeconds: 0,
      ...provider,
    },
    { cooldownMs: 0, ...options, onError: (error) => failures.push(error) },
  )
}

test.each(['RS256', 'ES256', 'EdDSA'])(
  'a token signed with %s says who comes and with which groups',
  async (alg) => {
    await server.rotate(alg)
    const token = await server.token({
      preferred_username: 'anna.berg',
      groups: ['engineers', 7, 'a\u0000b', ''],
    })
    expect(await verifier().verify(token)).toMatchObject({
      principal: {
        kind: 'oidc',
        id: 'oidc:company:anna',
        name: 'anna.berg',
        groups: ['group:company:engineers'],
      },
    })
  },
)

test('groups are found in nested claims, and a claim of another kind gives none', async () => {
  const nested = verifier({ groupsClaim: 'realm_access.roles' })
  const groupsOf = async (claims: object) => {
    const { principal } = await nested.verify(await server.token({ ...claims }))
    return principal.kind === 'oidc' ? principal.groups : undefined
  }
  expect(await groupsOf({ realm_access: { roles: ['a', 'b'] } })).toEqual([
    'group:company:a',
    'group:company:b',
  ])
  expect(await groupsOf({ realm_access: { roles: 'a' } })).toEqual(['group:company:a'])
  expect(await groupsOf({ realm_access: 5 })).toEqual([])
  expect(await groupsOf({})).toEqual([])
})

test.each([
  ['another audience', { aud: 'others' }],
  ['another issuer', { iss: 'https://evil.example' }],
  ['no subject', { sub: undefined }],
  ['a subject with NUL', { sub: 'a\u0000b' }],
  ['half a character as subject', { sub: '\uD800' }],
  ['a time that has not come', { nbf: 4_000_000_000 }],
])('refused: %s', async (_name, claims) => {
  await expect(verifier().verify(await server.token(claims))).rejects.toMatchObject({
    code: 'unauthenticated',
  })
})

test('an algorithm that is not allowed is refused, also with the right key', async () => {
  const token = await server.token()
  await expect(verifier({ algorithms: ['ES256'] }).verify(token)).rejects.toMatchObject({
    code: 'unauthenticated',
  })
})

test('an expired token is refused; a clock that is a little behind is not', async () => {
  const expired = await server.token({}, { expires: '-10s' })
  await expect(verifier().verify(expired)).rejects.toMatchObject({ code: 'unauthenticated' })
  await verifier({ clockToleranceSeconds: 30 }).verify(expired)
})

test('new keys are fetched when a token names one, and not again and again for nonsense', async () => {
  const company = verifier({}, { cooldownMs: 60_000 })
  await company.verify(await server.token())
  expect(server.fetched()).toBe(1)
  for (let count = 0; count < 5; count += 1) {
    await expect(company.verify(await server.token({}, { kid: `unknown-${count}` }))).rejects.toMatchObject({
      code: 'unauthenticated',
    })
  }
  expect(server.fetched()).toBe(1)
  const eager = verifier()
  await eager.verify(await server.token())
  const old = await server.token()
  await server.rotate()
  await eager.verify(await server.token())
  await expect(eager.verify(old)).rejects.toMatchObject({ code: 'unauthenticated' })
})

test('an outage keeps the keys; before they were ever had, nobody is let in, and it is no refusal', async () => {
  const company = verifier({}, { freshMs: 0 })
  await company.verify(await server.token())
  server.fail(true)
  await company.verify(await server.token())
  await company.verify(await server.token())
  const late = verifier()
  await expect(late.verify(await server.token())).rejects.toMatchObject({ code: 'overloaded' })
  server.fail(false)
  await late.verify(await server.token())
})

test('a discovery document of another issuer is not believed', async () => {
  await using other = await oidcServer()
  const wrong = verifier({ issuer: `${other.issuer}/` })
  await expect(wrong.verify(await other.token({ iss: `${other.issuer}/` }))).rejects.toMatchObject({
    code: 'overloaded',
  })
  expect(String(failures.at(-1))).toContain('names a different issuer')
})
