/** Tokens of OIDC providers. The issuer selects the provider; keys are fetched only for configured issuers. */
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { z } from 'zod'
import { ChatbotError } from '../domain/errors.ts'
import { type Identity, refused } from './identity.ts'

/** Asymmetric algorithms only: with HS256 a public key would serve as a shared secret. */
export const OIDC_ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const

export interface OidcProvider {
  /** The provider's name in the configuration; part of the ids of its users and groups. */
  readonly name: string
  readonly issuer: string
  readonly audience: readonly string[]
  readonly algorithms: readonly (typeof OIDC_ALGORITHMS)[number][]
  /** If absent, the discovery document names it. */
  readonly jwksUrl?: string | undefined
  /** Claim with the groups; dots separate levels. */
  readonly groupsClaim: string
  readonly nameClaim: string
  readonly clockToleranceSeconds: number
}

export interface OidcOptions {
  /** Minimum interval between two fetches for unknown key ids. */
  readonly cooldownMs?: number
  /** Age after which keys are fetched again; the old ones stay in use until new ones have arrived. */
  readonly freshMs?: number
  /** Called on failed fetches. */
  onError: (error: unknown) => void
}

export interface OidcVerifier {
  readonly issuer: string
  /** Throws `unauthenticated`, or `overloaded` if the provider's keys could not be fetched yet. */
  verify: (token: string) => Promise<Identity>
}

const FETCH_MS = 5000
const MAX_GROUPS = 1000
const MAX_NAME_CHARACTERS = 256

export function oidcVerifier(provider: OidcProvider, options: OidcOptions): OidcVerifier {
  const keys = providerKeys(provider, options)
  return {
    issuer: provider.issuer,
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer: provider.issuer,
          audience: [...provider.audience],
          algorithms: [...provider.algorithms],
          clockTolerance: provider.clockToleranceSeconds,
          requiredClaims: ['sub', 'exp'],
        })
        return identityOf(provider, payload, token)
      } catch (error) {
        if (error instanceof ChatbotError) throw error
        throw refused(error)
      }
    },
  }
}

/** Fetches with the first token, again for unknown key ids and when keys are old; an outage keeps the keys. */
function providerKeys(
  provider: OidcProvider,
  { cooldownMs = 30_000, freshMs = 600_000, onError }: OidcOptions,
): JWTVerifyGetKey {
  let remote: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined
  let checkedAt = 0
  let failedAt = 0

  async function discover() {
    const url = provider.jwksUrl ?? (await discoverJwks(provider.issuer))
    return createRemoteJWKSet(new URL(url), {
      cooldownDuration: cooldownMs,
      timeoutDuration: FETCH_MS,
      cacheMaxAge: Number.POSITIVE_INFINITY,
    })
  }

  return async (header, token) => {
    if (remote === undefined && Date.now() - failedAt < cooldownMs) throw unreachable(provider.name)
    remote ??= discover()
    try {
      const keys = await remote
      if (keys.jwks() !== undefined && Date.now() - checkedAt > freshMs) {
        checkedAt = Date.now()
        keys.reload().catch((error: unknown) => onError(error))
      }
      const key = await keys(header, token)
      if (checkedAt === 0) checkedAt = Date.now()
      return key
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
        throw error
      if (error instanceof errors.JOSENotSupported) throw error
      // The token cannot be verified now, but may be valid.
      const known = await remote.then((keys) => keys.jwks()).catch(() => undefined)
      if (known === undefined) {
        remote = undefined
        failedAt = Date.now()
      }
      onError(error)
      throw unreachable(provider.name, error)
    }
  }
}

const unreachable = (provider: string, cause?: unknown) =>
  new ChatbotError(
    'overloaded',
    `Cannot fetch the keys of the login provider ${provider} now. Try again in a moment.`,
    { cause, retryAfterMs: 5000 },
  )

const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.url() })

async function discoverJwks(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS), redirect: 'error' })
  if (!response.ok) throw new Error(`${url} answers with status ${response.status}`)
  const found = discoverySchema.parse(await response.json())
  if (found.issuer !== issuer) throw new Error(`${url} names a different issuer: ${found.issuer}`)
  if (new URL(found.jwks_uri).protocol !== 'https:' && new URL(issuer).protocol === 'https:') {
    throw new Error(`${url} names an unencrypted URL for its keys`)
  }
  return found.jwks_uri
}

function identityOf(provider: OidcProvider, payload: JWTPayload, token: string): Identity {
  const { sub = '', exp = 0 } = payload
  if (!isName(sub)) throw refused()
  const name = claimAt(payload, provider.nameClaim)
  const groups = z
    .union([z.array(z.unknown()), z.string().transform((group) => [group])])
    .catch([])
    .parse(claimAt(payload, provider.groupsClaim))
  return {
    principal: {
      kind: 'oidc',
      id: `oidc:${provider.name}:${sub}`,
      name: typeof name === 'string' && isName(name) ? name : sub,
      groups: groups
        .flatMap((group) => (typeof group === 'string' && isName(group) ? [group] : []))
        .slice(0, MAX_GROUPS)
        .map((group) => `group:${provider.name}:${group}`),
    },
    // Includes the verifier's clock tolerance.
    expiresAt: new Date((exp + provider.clockToleranceSeconds) * 1000),
    token,
  }
}

/** The claim with that name, else the one at the dotted path. */
function claimAt(payload: JWTPayload, path: string): unknown {
  if (Object.hasOwn(payload, path)) return payload[path]
  let value: unknown = payload
  for (const name of path.split('.')) {
    const level = z.record(z.string(), z.unknown()).safeParse(value).data
    if (level === undefined || !Object.hasOwn(level, name)) return undefined
    value = level[name]
  }
  return value
}

/** Safe to store and show: no control characters, including NUL, and no half surrogate pairs. */
const isName = (text: string) =>
  text !== '' && text.length <= MAX_NAME_CHARACTERS && text.isWellFormed() && !/\p{Cc}/u.test(text)
