import type { Principal, Role } from '../../domain/principal.ts'

/** A role on one collection, by name, or on all. */
export interface Grant {
  /** `user:NAME`, `key:NAME`, `oidc:PROVIDER:SUBJECT` or `group:PROVIDER:NAME`. */
  readonly subject: string
  readonly role: Role
  readonly collection: string | null
  readonly grantedAt: Date
}

/** The initial rights of a new user or key: the role on these collections, or on all. */
export interface FirstRights {
  readonly role: Role
  readonly collections?: readonly string[] | undefined
}

export interface GrantRepository {
  /** The grants that the principal administers. */
  list: (principal: Principal, collection?: string) => Promise<Grant[]>
  /**
   * Sets the role, replacing the subject's current one there. Throws `not_found`, `unknown_collection`,
   * `forbidden`.
   */
  set: (principal: Principal, subject: string, role: Role, collection: string | null) => Promise<void>
  /** Also throws `not_found` if there is no such grant. */
  remove: (principal: Principal, subject: string, collection: string | null) => Promise<void>
  /** Throws `forbidden` unless the principal has the role on all collections. */
  require: (principal: Principal, role: Role) => Promise<void>
  /** The principal's rights; null without a role on all collections. */
  of: (principal: Principal) => Promise<{
    readonly everywhere: Role | null
    readonly collections: readonly { readonly name: string; readonly role: Role }[]
  }>
}
