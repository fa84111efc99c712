/** Who asks, and what they may do. Every store method that touches users' data takes a Principal. */

/** What a principal may do with a collection; each role includes the ones before it. */
export const ROLES = ['reader', 'editor', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** `id` is stable and unique; it owns conversations and answers. */
export type Principal =
  /** The local user: anybody who can open the daemon's socket directory or read its token file. */
  | { readonly kind: 'local'; readonly id: string }
  /** `id` is `user:UUID`. */
  | { readonly kind: 'user'; readonly id: string; readonly name: string }
  /** A program with an API key; `id` is `key:UUID`. */
  | { readonly kind: 'key'; readonly id: string; readonly name: string }
  /** A user authenticated by an OIDC provider; `id` is `oidc:PROVIDER:SUBJECT`, groups are `group:PROVIDER:NAME`. */
  | { readonly kind: 'oidc'; readonly id: string; readonly name: string; readonly groups: readonly string[] }

export const LOCAL_PRINCIPAL: Principal = { id: 'local', kind: 'local' }

/** A readable name for lists and logs. */
export function principalName(principal: Principal): string {
  return principal.kind === 'local' ? principal.id : `${principal.kind}:${principal.name}`
}

/** The roles that include this one. */
export const rolesFrom = (role: Role): readonly Role[] => ROLES.slice(ROLES.indexOf(role))
