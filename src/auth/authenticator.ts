/** Finds the identity behind a token: an API key, a login, or a token of a configured OIDC provider. */
import { decodeJwt } from 'jose'
import type { KeyRepository } from '../ports/store/keys.ts'
import { MAX_TOKEN_CHARACTERS } from '../protocol/messages.ts'
import { isApiKey, verifyApiKey } from './api-keys.ts'
import { type Identity, refused } from './identity.ts'
import type { OidcVerifier } from './oidc.ts'
import { ISSUER, type Sessions } from './sessions.ts'

export interface Authenticator {
  /** Throws `unauthenticated`; or `database_unreachable` or `overloaded` if it cannot be checked now. */
  authenticate: (token: string) => Promise<Identity>
}

export function authenticator({
  keys,
  sessions,
  providers,
}: {
  readonly keys: KeyRepository
  readonly sessions: Sessions
  readonly providers: readonly OidcVerifier[]
}): Authenticator {
  const byIssuer = new Map(providers.map((provider) => [provider.issuer, provider]))
  return {
    async authenticate(token) {
      if (token.length > MAX_TOKEN_CHARACTERS) throw refused()
      if (isApiKey(token)) return verifyApiKey(keys, token)
      const issuer = issuerOf(token)
      if (issuer === ISSUER) return sessions.verify(token)
      const provider = byIssuer.get(issuer)
      if (provider === undefined) throw refused()
      return provider.verify(token)
    },
  }
}

/** The unverified issuer; it only selects the verifier. */
function issuerOf(token: string): string {
  try {
    return decodeJwt(token).iss ?? ''
  } catch (error) {
    throw refused(error)
  }
}
