import type { Principal } from '../../domain/principal.ts'
import type { FirstRights, Grant } from './grants.ts'

export interface User {
  readonly id: string
  readonly name: string
}

/** All but `find` are for administrators; names throw `not_found`. */
export interface UserRepository {
  /** `password` is a hash. Throws `name_taken`, `unknown_collection`. */
  create: (
    principal: Principal,
    user: { readonly name: string; readonly password: string } & FirstRights,
  ) => Promise<void>
  list: (
    principal: Principal,
  ) => Promise<
    { name: string; createdAt: Date; sessions: number; rights: Pick<Grant, 'role' | 'collection'>[] }[]
  >
  remove: (principal: Principal, name: string) => Promise<void>
  /** Users may change their own. Ends the user's sessions. */
  setPassword: (principal: Principal, name: string, password: string) => Promise<void>
  find: (name: string) => Promise<(User & { readonly password: string }) | undefined>
}

/** Users' logins. Tokens are passed as hashes. */
export interface SessionRepository {
  begin: (user: string, token: string, expiresAt: Date) => Promise<string>
  /**
   * Exchanges a refresh token for the next one. If it was used before, somebody else has a copy: the session ends,
   * and with it all its tokens.
   */
  exchange: (
    token: string,
    next: string,
  ) => Promise<
    | { readonly kind: 'exchanged'; readonly session: string; readonly user: User }
    | { readonly kind: 'reused'; readonly user: User }
    | { readonly kind: 'unknown' }
  >
  /** The user of an active session. */
  find: (session: string) => Promise<User | undefined>
  end: (session: string) => Promise<void>
}

/** For a user without a password: no known password has this hash. */
export const NO_PASSWORD = `scrypt$32768$8$3$${'A'.repeat(22)}$${'A'.repeat(43)}`
