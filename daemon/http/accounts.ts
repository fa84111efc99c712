/** The endpoints of logins, users, keys and rights. */

import type { accountRoutes } from '../../src/api/routes/accounts.ts'
import type { OpenRouteName } from '../../src/api/routes.ts'
import { newPrefix, newSecret } from '../../src/auth/api-keys.ts'
import { hashPassword } from '../../src/auth/passwords.ts'
import type { Tokens } from '../../src/auth/sessions.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { principalName } from '../../src/domain/principal.ts'
import type { ApiKey } from '../../src/ports/store/keys.ts'
import type { Endpoints, OpenEndpoints } from './endpoint.ts'

/** Endpoints that need no identity. */
export const openEndpoints: OpenEndpoints = {
  login: async ({ body: { name, password } }, { auth }, attempts) =>
    tokens(
      await attempts.password(name, password, (isKnown) => auth.sessions.login(name, password, isKnown)),
    ),

  refresh: async ({ body: { refreshToken } }, { auth }, attempts) =>
    tokens(await attempts.refreshToken(() => auth.sessions.refresh(refreshToken))),
}

export const accountEndpoints: Endpoints<Exclude<keyof typeof accountRoutes, OpenRouteName>> = {
  logout: async (_input, { services, identity }) => {
    if (identity.principal.kind !== 'user' || identity.token === undefined) {
      throw new ChatbotError('bad_request', 'This is a key, not a login. To revoke it: chatbot keys revoke')
    }
    await services.auth.sessions.logout(identity.token)
    return { user: identity.principal.name }
  },

  whoami: async (_input, { services, principal, identity }) => {
    const { everywhere, collections } = await services.ports.store.grants.of(principal)
    return {
      id: principal.id,
      name: principalName(principal),
      groups: principal.kind === 'oidc' ? [...principal.groups] : [],
      everywhere,
      collections: [...collections],
      expiresAt: identity.expiresAt?.toISOString() ?? null,
    }
  },

  listKeys: async (_input, { services, principal }) => {
    const keys = await services.ports.store.keys.list(principal)
    return { keys: keys.map(apiKey) }
  },

  createKey: async ({ body }, { services, principal }) => {
    const prefix = newPrefix()
    const { key, hash } = newSecret(prefix)
    const expiresAt = body.expiresAt === undefined ? null : new Date(body.expiresAt)
    if (expiresAt !== null && expiresAt <= new Date()) {
      throw new ChatbotError('bad_request', 'The expiry of the key is in the past.')
    }
    const made = await services.ports.store.keys.create(principal, { ...body, prefix, hash, expiresAt })
    return { ...apiKey(made), key }
  },

  rotateKey: async ({ params, body }, { services, principal }) => {
    const { keys } = services.ports.store
    const found = (await keys.list(principal)).find(
      ({ name, revokedAt }) => name === params.name && revokedAt === null,
    )
    const { key, hash } = newSecret(found?.prefix ?? newPrefix())
    const previousUntil = new Date(Date.now() + body.overlapMinutes * 60_000)
    await keys.rotate(principal, params.name, hash, previousUntil)
    return { name: params.name, key, previousUntil: previousUntil.toISOString() }
  },

  revokeKey: async ({ params }, { services, principal }) => {
    await services.ports.store.keys.revoke(principal, params.name)
    return { name: params.name }
  },

  listUsers: async (_input, { services, principal }) => {
    const users = await services.ports.store.users.list(principal)
    return { users: users.map((user) => ({ ...user, createdAt: user.createdAt.toISOString() })) }
  },

  addUser: async ({ body }, { services, principal }) => {
    const { store } = services.ports
    // Before the expensive hash.
    await store.grants.require(principal, 'admin')
    await store.users.create(principal, { ...body, password: await hashPassword(body.password) })
    return { name: body.name }
  },

  setPassword: async ({ params, body }, { services, principal, attempts }) => {
    const { store } = services.ports
    const own = principal.kind === 'user' && principal.name === params.name
    const { current = '' } = body
    if (own)
      await attempts.password(params.name, current, (isKnown) =>
        services.auth.sessions.checkPassword(params.name, current, isKnown),
      )
    else await store.grants.require(principal, 'admin')
    await store.users.setPassword(principal, params.name, await hashPassword(body.password))
    return { name: params.name }
  },

  removeUser: async ({ params }, { services, principal }) => {
    await services.ports.store.users.remove(principal, params.name)
    return { name: params.name }
  },

  listGrants: async ({ query }, { services, principal }) => {
    const grants = await services.ports.store.grants.list(principal, query.collection)
    return { grants: grants.map((grant) => ({ ...grant, grantedAt: grant.grantedAt.toISOString() })) }
  },

  addGrant: async ({ body }, { services, principal }) => {
    const { subject, role, collection = null } = body
    await services.ports.store.grants.set(principal, subject, role, collection)
    return { subject, role, collection }
  },

  removeGrant: async ({ query }, { services, principal }) => {
    const { subject, collection = null } = query
    await services.ports.store.grants.remove(principal, subject, collection)
    return { subject, collection }
  },

  rotateSigningKey: async (_input, { services, principal }) => {
    const { store } = services.ports
    await store.grants.require(principal, 'admin')
    const id = await services.auth.signingKeys.rotate()
    await store.audit.add(principal, 'signing-key.rotate', id)
    return { id }
  },

  listAudit: async ({ query }, { services, principal }) => {
    const entries = await services.ports.store.audit.list(principal, query)
    return {
      entries: entries.map(({ at, detail, ...rest }) => ({
        ...rest,
        detail: { ...detail },
        at: at.toISOString(),
      })),
    }
  },
}

const tokens = ({ expiresAt, ...rest }: Tokens) => ({ ...rest, expiresAt: expiresAt.toISOString() })

const apiKey = ({ createdAt, expiresAt, revokedAt, lastUsedAt, rights, ...rest }: ApiKey) => ({
  ...rest,
  rights: [...rights],
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt?.toISOString() ?? null,
  revokedAt: revokedAt?.toISOString() ?? null,
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
})
