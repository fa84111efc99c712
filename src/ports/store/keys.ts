import type { Principal } from '../../domain/principal.ts'
import type { FirstRights, Grant } from './grants.ts'

export interface ApiKey {
  readonly name: string
  /** The part of the key by which it is found. */
  readonly prefix: string
  readonly createdBy: string
  readonly createdAt: Date
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
  /** Precise to ten minutes. */
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

/** All but `find` are for administrators. Names are those of keys that are not revoked; throws `not_found`. */
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
  /** The earlier secret stays valid until then; returns the prefix, which does not change. */
  rotate: (principal: Principal, name: string, hash: string, previousUntil: Date) => Promise<string>
  revoke: (principal: Principal, name: string) => Promise<void>
  /** Looks a key up by prefix, for authentication. */
  find: (prefix: string) => Promise<KeySecrets | undefined>
}
