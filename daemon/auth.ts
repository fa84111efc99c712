/** Assembles authentication from its parts, as configured. */
import { authenticator } from '../src/auth/authenticator.ts'
import { oidcVerifier } from '../src/auth/oidc.ts'
import { loginSessions } from '../src/auth/sessions.ts'
import { signingKeys } from '../src/auth/signing-keys.ts'
import { generatedSecret } from '../src/config/data-dir.ts'
import { runtimePaths } from '../src/config/runtime-paths.ts'
import type { Config } from '../src/config/schema.ts'
import type { Store } from '../src/ports/store/store.ts'
import type { Logger } from './log.ts'
import type { Auth } from './services.ts'

const DAY_MS = 86_400_000

export function openAuth({ auth, dataDir }: Config, store: Store, log: Logger): Auth {
  const keys = signingKeys({
    store: store.signingKeys,
    secret: auth.secret ?? generatedSecret(runtimePaths(dataDir).secret),
    maxAgeMs: auth.signingKeyDays * DAY_MS,
  })
  const sessions = loginSessions({
    users: store.users,
    sessions: store.sessions,
    keys,
    accessMs: auth.accessMinutes * 60_000,
    sessionMs: auth.sessionDays * DAY_MS,
    onReuse: (user) => log.warn({ user }, 'a refresh token was used twice: the login was revoked'),
  })
  const providers = Object.entries(auth.oidc).map(([name, provider]) =>
    oidcVerifier(
      { name, ...provider },
      {
        onError: (error) =>
          log.warn({ err: error, provider: name }, 'could not load the keys of a login provider'),
      },
    ),
  )
  return { ...authenticator({ keys: store.keys, sessions, providers }), sessions, signingKeys: keys }
}
