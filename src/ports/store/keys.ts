import type { Principal } from '../../domain/principal.ts'
import type { FirstRights, Grant } from './grants.ts'

export interface ApiKey {
  readonly name: string
  /** The part of the key that finds it. */
  readonly prefix: string
  readonly createdBy: string
  readonly createdAt: Date
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
  /** To ten minutes. */
  readonly lastUsedAt: Date | null
  readonly rights: readonly Pick<Grant, 'role' | 'collection'>[]
}

/** What a presented key is compared with. */
export interface KeySecrets {
  readonly id: string
  readonly name: string
  readonly hash: string
  readonly previousHash: string | null
  readonly previousUntil: Date | null
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
}

/** All but `find` are for administrators; names are of keys that are not revoked and throw `not_found`. */
export interface KeyRepository {
  /** Throws `name_taken`, `unknown_collection`. */
  create: (
    principal: Principal,
    key: {
      readonly name: string
      readonly prefix: string
      readonly hash: string
      readonly expiresAt: Date | null
    } & FirstRights,
  ) => Promise<ApiKey>
  list: (principal: Principal) => Promise<ApiKey[]>
  /** The earlier secret is good until then; gives the prefix, which stays. */
  rotate: (principal: Principal, name: string, hash: string, previousUntil: Date) => Promise<string>
  revoke: (principal: Principal, name: string) => Promise<void>
  /** By prefix, for the one who decides who a caller is. */
  find: (prefix: string) => Promise<KeySecrets | undefined>
}
