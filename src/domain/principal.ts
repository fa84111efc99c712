/** Who asks, and what that one may do. Every repository method that touches users' data takes a Principal. */

/** What somebody may do with a collection, each including the ones before it. */
export const ROLES = ['reader', 'editor', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** `id` is stable and unique; it owns conversations and answers. */
export type Principal =
  /** The person whose machine this is: whoever can open the daemon's socket directory or read its token file. */
  | { readonly kind: 'local'; readonly id: string }
  /** `id` is `user:UUID`. */
  | { readonly kind: 'user'; readonly id: string; readonly name: string }
  /** A program with an API key; `id` is `key:UUID`. */
  | { readonly kind: 'key'; readonly id: string; readonly name: string }
  /** Somebody whom an OIDC provider vouches for; `id` is `oidc:PROVIDER:SUBJECT`, groups are `group:PROVIDER:NAME`. */
  | { readonly kind: 'oidc'; readonly id: string; readonly name: string; readonly groups: readonly string[] }

export const LOCAL_PRINCIPAL: Principal = { id: 'local', kind: 'local' }

/** As a person would name it, for lists and logs. */
export function principalName(principal: Principal): string {
  return principal.kind === 'local' ? principal.id : `${principal.kind}:${principal.name}`
}

/** The roles that include this one. */
export const rolesFrom = (role: Role): readonly Role[] => ROLES.slice(ROLES.indexOf(role))
