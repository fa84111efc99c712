/** A login provider as the daemon sees one: a discovery document, keys that can be replaced, and tokens. */
import { createServer, type ServerResponse } from 'node:http'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'

export interface OidcServer extends AsyncDisposable {
  readonly issuer: string
  /** Requests for its keys so far. */
  readonly fetched: () => number
  /** Publishes a new key in place of the others; gives its id. */
  rotate: (alg?: string) => Promise<string>
  /** From now on it answers nothing but errors. */
  fail: (failing: boolean) => void
  token: (
    claims?: JWTPayload,
    options?: { readonly kid?: string; readonly expires?: string },
  ) => Promise<string>
  publicKey: () => JWK
}

export const AUDIENCE = 'chatbot-test'

export async function oidcServer(): Promise<OidcServer> {
  let keys: { kid: string; alg: string; jwk: JWK; privateKey: CryptoKey }[] = []
  let fetched = 0
  let failing = false
  let made = 0
  const server = createServer((request, response) => {
    if (failing) {
      response.writeHead(503).end()
      return
    }
    if (request.url === '/.well-known/openid-configuration')
      json(response, { issuer, jwks_uri: `${issuer}/jwks` })
    else if (request.url === '/jwks') {
      fetched += 1
      json(response, { keys: keys.map(({ jwk }) => jwk) })
    } else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const issuer = `http://127.0.0.1:${port}`
  const rotate = async (alg = 'RS256') => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
    made += 1
    const kid = `key-${made}`
    keys = [{ kid, alg, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }, privateKey }]
    return kid
  }
  await rotate()
  return {
    issuer,
    fetched: () => fetched,
    rotate,
    fail: (now) => {
      failing = now
    },
    publicKey: () => keys[0]?.jwk ?? {},
    async token(claims = {}, { kid, expires = '5m' } = {}) {
      const [key] = keys
      if (key === undefined) throw new Error('no key')
      return new SignJWT({ iss: issuer, aud: AUDIENCE, sub: 'anna', ...claims })
        .setProtectedHeader({ alg: key.alg, kid: kid ?? key.kid })
        .setIssuedAt()
        .setExpirationTime(expires)
        .sign(key.privateKey)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function json(response: ServerResponse, content: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(content))
}
