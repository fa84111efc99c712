/** What the rest of the program asks of the tables of users, keys and rights. */
import type { Principal, Role } from '../domain/principal.ts'

/** A role on one collection by its name, or on all of them. */
export interface Grant {
  /** `user:NAME`, `key:NAME`, `oidc:PROVIDER:SUBJECT` or `group:PROVIDER:NAME`. */
  readonly subject: string
  readonly role: Role
  readonly collection: string | null
  readonly grantedAt: Date
}

/** What a new user or key may do at once: the role on these collections, or on all. */
export interface FirstRights {
  readonly role: Role
  readonly collections?: readonly string[] | undefined
}

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
  create(
    principal: Principal,
    key: {
      readonly name: string
      readonly prefix: string
      readonly hash: string
      readonly expiresAt: Date | null
    } & FirstRights,
  ): Promise<ApiKey>
  list(principal: Principal): Promise<ApiKey[]>
  /** The earlier secret is good until then; gives the prefix, which stays. */
  rotate(principal: Principal, name: string, hash: string, previousUntil: Date): Promise<string>
  revoke(principal: Principal, name: string): Promise<void>
  /** By prefix, for the one who decides who a caller is. */
  find(prefix: string): Promise<KeySecrets | undefined>
}

export interface User {
  readonly id: string
  readonly name: string
}

/** All but `find` are for administrators; names throw `not_found`. */
export interface UserRepository {
  /** `password` is a hash. Throws `name_taken`, `unknown_collection`. */
  create(
    principal: Principal,
    user: { readonly name: string; readonly password: string } & FirstRights,
  ): Promise<void>
  list(
    principal: Principal,
  ): Promise<
    { name: string; createdAt: Date; sessions: number; rights: Pick<Grant, 'role' | 'collection'>[] }[]
  >
  remove(principal: Principal, name: string): Promise<void>
  /** Also for the user itself. Ends the user's sessions. */
  setPassword(principal: Principal, name: string, password: string): Promise<void>
  find(name: string): Promise<(User & { readonly password: string }) | undefined>
}

/** Logins of users. Tokens are given as hashes. */
export interface SessionRepository {
  begin(user: string, token: string, expiresAt: Date): Promise<string>
  /**
   * Uses a refresh token up and puts the next one in its place. One that was used before is in two hands: the session
   * ends, and with it all its tokens.
   */
  exchange(
    token: string,
    next: string,
  ): Promise<
    | { readonly kind: 'exchanged'; readonly session: string; readonly user: User }
    | { readonly kind: 'reused'; readonly user: User }
    | { readonly kind: 'unknown' }
  >
  /** The user of a session that lives. */
  find(session: string): Promise<User | undefined>
  end(session: string): Promise<void>
}

export interface GrantRepository {
  /** Those that the principal administers. */
  list(principal: Principal, collection?: string): Promise<Grant[]>
  /** Gives the role instead of the one that the subject has there. Throws `not_found`, `unknown_collection`, `forbidden`. */
  set(principal: Principal, subject: string, role: Role, collection: string | null): Promise<void>
  /** Throws also `not_found` when there is no such grant. */
  remove(principal: Principal, subject: string, collection: string | null): Promise<void>
  /** Throws `forbidden` unless the principal has the role on all collections. */
  require(principal: Principal, role: Role): Promise<void>
  /** What the principal may do; null without a role on all collections. */
  of(principal: Principal): Promise<{
    readonly everywhere: Role | null
    readonly collections: readonly { readonly name: string; readonly role: Role }[]
  }>
}

export interface SigningKey {
  readonly id: string
  readonly publicKey: Readonly<Record<string, string>>
  /** Encrypted. */
  readonly privateKey: string
  readonly createdAt: Date
}

export interface SigningKeyRepository {
  /** Newest first. */
  list(): Promise<SigningKey[]>
  /**
   * Adds a key unless another daemon has just added one: there is one younger than `unlessSince`. Keys whose successor
   * is older than `dropBefore` go.
   */
  add(key: Omit<SigningKey, 'createdAt'>, unlessSince: Date, dropBefore: Date): Promise<void>
}

export interface AuditEntry {
  readonly id: number
  readonly at: Date
  /** As it was called then. */
  readonly actor: string
  readonly action: string
  readonly target: string
  readonly detail: Readonly<Record<string, string | number | null>>
}

export interface AuditRepository {
  /** Newest first, older than `before`; for administrators. */
  list(principal: Principal, page: { limit: number; before?: number | undefined }): Promise<AuditEntry[]>
  /** An act that changed nothing in the database. */
  add(principal: Principal, action: string, target: string): Promise<void>
}
