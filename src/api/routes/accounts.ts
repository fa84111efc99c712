/** Logins, users, keys and rights. */
import { z } from 'zod'
import { ROLES } from '../../domain/principal.ts'
import { MAX_MOMENT_CHARACTERS } from '../../protocol/shapes.ts'
import { collectionName } from './fields.ts'
import { nothing, type Route } from './route.ts'

/** UTF-16 code units of a user's or key's name, of a password, and of a login's token. */
const MAX_NAME_CHARACTERS = 63
const MAX_PASSWORD_CHARACTERS = 4000
const MAX_REFRESH_TOKEN_CHARACTERS = 100

const accountName = z
  .string()
  .max(MAX_NAME_CHARACTERS)
  .regex(
    /^[a-z0-9][a-z0-9._@-]{0,62}$/,
    'lower-case letters, digits, dot, dash, underscore and @, at most 63, starting with a letter or digit',
  )
const role = z.enum(ROLES)
const named = z.object({ name: accountName })
const rights = z.array(z.object({ role, collection: z.string().nullable().describe('null: all') }))
const firstRights = {
  role: role.default('reader'),
  collections: z.array(collectionName).min(1).max(100).optional().describe('default: all'),
}
const subject = z
  .string()
  .max(600)
  .regex(
    /^(user:[^\p{Cc}]+|key:[^\p{Cc}]+|(oidc|group):[a-z0-9-]+:[^\p{Cc}]+)$/u,
    'write user:NAME, key:NAME, group:PROVIDER:NAME or oidc:PROVIDER:SUBJECT',
  )
const password = z.string().max(MAX_PASSWORD_CHARACTERS)

const keySchema = z.object({
  name: z.string(),
  prefix: z.string().describe('the part of the key after `cb_` that identifies it'),
  rights,
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
  lastUsedAt: z.iso.datetime().nullable().describe('precise to ten minutes'),
})

const tokensSchema = z.object({
  accessToken: z.string(),
  expiresAt: z.iso.datetime().describe('of the access token'),
  refreshToken: z.string().describe('single use'),
  user: z.string(),
})

const grantSchema = z.object({
  subject: z.string(),
  role,
  collection: z.string().nullable().describe('null: all'),
})

export const accountRoutes = {
  login: {
    ...nothing,
    method: 'POST',
    path: '/auth/login',
    summary: 'Log in: get an access token and a refresh token for a name and a password',
    open: true,
    body: z.object({ name: z.string().max(MAX_NAME_CHARACTERS), password }),
    response: tokensSchema,
  },
  refresh: {
    ...nothing,
    method: 'POST',
    path: '/auth/refresh',
    summary: 'Exchange a refresh token for new tokens; using one twice ends the login',
    open: true,
    body: z.object({ refreshToken: z.string().max(MAX_REFRESH_TOKEN_CHARACTERS) }),
    response: tokensSchema,
  },
  logout: {
    ...nothing,
    method: 'POST',
    path: '/auth/logout',
    summary: 'End the login of this access token',
    response: z.object({ user: z.string() }),
  },
  whoami: {
    ...nothing,
    method: 'GET',
    path: '/auth/me',
    summary: "The caller's identity and rights",
    response: z.object({
      id: z.string(),
      name: z.string(),
      groups: z.array(z.string()),
      everywhere: role.nullable().describe('on all collections'),
      collections: z.array(z.object({ name: z.string(), role })),
      expiresAt: z.iso.datetime().nullable().describe('of the token'),
    }),
  },
  rotateSigningKey: {
    ...nothing,
    method: 'POST',
    path: '/auth/signing-keys',
    summary: 'Rotate the key that signs logins; tokens signed with the previous key stay valid for an hour',
    response: z.object({ id: z.string() }),
  },
  listKeys: {
    ...nothing,
    method: 'GET',
    path: '/keys',
    summary: 'API keys, revoked ones last',
    response: z.object({ keys: z.array(keySchema) }),
  },
  createKey: {
    ...nothing,
    method: 'POST',
    path: '/keys',
    summary: 'Create an API key; it is shown only this once',
    body: z.object({
      name: accountName,
      ...firstRights,
      expiresAt: z.iso.datetime().max(MAX_MOMENT_CHARACTERS).optional().describe('default: never'),
    }),
    response: keySchema.extend({ key: z.string() }),
  },
  rotateKey: {
    ...nothing,
    method: 'POST',
    path: '/keys/:name/rotate',
    summary: 'Replace the secret of an API key; it is shown only this once',
    params: named,
    body: z.object({
      overlapMinutes: z
        .number()
        .min(0)
        .max(10_080)
        .default(0)
        .describe('how long the old secret stays valid'),
    }),
    response: z.object({ name: z.string(), key: z.string(), previousUntil: z.iso.datetime() }),
  },
  revokeKey: {
    ...nothing,
    method: 'DELETE',
    path: '/keys/:name',
    summary: 'Revoke an API key and close its sockets on all daemons',
    params: named,
    response: named,
  },
  listUsers: {
    ...nothing,
    method: 'GET',
    path: '/users',
    summary: 'Users that log in with a password',
    response: z.object({
      users: z.array(z.object({ name: z.string(), createdAt: z.iso.datetime(), sessions: z.int(), rights })),
    }),
  },
  addUser: {
    ...nothing,
    method: 'POST',
    path: '/users',
    summary: 'Add a user',
    body: z.object({ name: accountName, password, ...firstRights }),
    response: named,
  },
  setPassword: {
    ...nothing,
    method: 'PUT',
    path: '/users/:name/password',
    summary: 'Change a password and end all logins of the user; changing your own needs the current one',
    params: named,
    body: z.object({ password, current: password.optional() }),
    response: named,
  },
  removeUser: {
    ...nothing,
    method: 'DELETE',
    path: '/users/:name',
    summary: 'Remove a user; the conversations stay but nobody can read them',
    params: named,
    response: named,
  },
  listGrants: {
    ...nothing,
    method: 'GET',
    path: '/grants',
    summary: 'Roles on the collections that the caller administers',
    query: z.object({ collection: collectionName.optional() }),
    response: z.object({ grants: z.array(grantSchema.extend({ grantedAt: z.iso.datetime() })) }),
  },
  addGrant: {
    ...nothing,
    method: 'PUT',
    path: '/grants',
    summary: 'Grant a role on a collection, or on all; replaces the current one',
    body: z.object({ subject, role, collection: collectionName.optional().describe('default: all') }),
    response: grantSchema,
  },
  removeGrant: {
    ...nothing,
    method: 'DELETE',
    path: '/grants',
    summary: 'Revoke the role on a collection, or the one on all',
    query: z.object({ subject, collection: collectionName.optional() }),
    response: z.object({ subject: z.string(), collection: z.string().nullable() }),
  },
  listAudit: {
    ...nothing,
    method: 'GET',
    path: '/audit',
    summary: 'Administrative actions, latest first',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      before: z.coerce
        .number()
        .int()
        .positive()
        .optional()
        .describe('id of the last entry of the previous page'),
    }),
    response: z.object({
      entries: z.array(
        z.object({
          id: z.int(),
          at: z.iso.datetime(),
          actor: z.string(),
          action: z.string(),
          target: z.string(),
          detail: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
        }),
      ),
    }),
  },
} as const satisfies Record<string, Route>
