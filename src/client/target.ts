/** Chooses the daemon of a command: the local one, or a server from flags, environment or context. */

import { type Context, type Credential, changeContexts, readContexts } from '../config/contexts.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { DaemonAddress } from './client.ts'

export interface TargetFlags {
  readonly 'data-dir'?: string | undefined
  readonly server?: string | undefined
  readonly context?: string | undefined
  readonly 'allow-insecure'?: boolean | undefined
}

export type Target = { readonly kind: 'local' } | RemoteTarget

export interface RemoteTarget {
  readonly kind: 'remote'
  readonly server: string
  /** Name of the context, if one was used. */
  readonly context: string | undefined
  readonly allowInsecure: boolean
  readonly credential: Credential | undefined
}

/** Precedence: `--server`, `--context`, CHATBOT_SERVER, the current context, this machine. */
export function targetOf(flags: TargetFlags, env: NodeJS.ProcessEnv): Target {
  const wanted = flags.server ?? (flags.context === undefined ? env.CHATBOT_SERVER : undefined)
  const { 'data-dir': dataDir, context } = flags
  if (dataDir !== undefined && flags.server === undefined && context === undefined) return { kind: 'local' }
  const { current, contexts } = readContexts(env)
  const insecure = flags['allow-insecure'] === true
  if (wanted !== undefined && wanted !== '') {
    const server = serverUrl(wanted)
    const known = Object.entries(contexts).find(([, { server: at }]) => at === server)
    return remote(env, known?.[0], { allowInsecure: false, ...known?.[1], server }, insecure)
  }
  const name = context ?? current
  if (name === null) return { kind: 'local' }
  const found = contexts[name]
  if (found !== undefined) return remote(env, name, found, insecure)
  throw new ChatbotError(
    'invalid_config',
    `There is no context "${name}". \`chatbot context list\` shows those that exist.`,
  )
}

function remote(
  env: NodeJS.ProcessEnv,
  context: string | undefined,
  { server, allowInsecure, credential }: Context,
  insecure: boolean,
): RemoteTarget {
  const token = env.CHATBOT_TOKEN
  const shown: Credential | undefined = token ? { kind: 'token', token } : credential
  return { kind: 'remote', server, context, allowInsecure: allowInsecure || insecure, credential: shown }
}

/** Without a trailing slash; throws `bad_request`. */
export function serverUrl(text: string): string {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '') {
    throw new ChatbotError('bad_request', `"${text}" is not a server URL such as https://chat.example.org`)
  }
  url.hash = ''
  return url.href.replace(/(?<!\/)\/+$/, '')
}

/** For messages: empty for this machine. */
export function describeTarget(target: Target): string {
  if (target.kind === 'local') return ''
  return target.context === undefined ? target.server : `${target.server} (context ${target.context})`
}

/** With a token valid for at least a minute. Throws `unauthenticated` if the login has expired. */
export async function endpointOf(
  target: RemoteTarget,
  env: NodeJS.ProcessEnv,
  version: string,
): Promise<DaemonAddress> {
  const { server: url, allowInsecure, credential } = target
  if (credential === undefined) return { kind: 'tcp', url, allowInsecure }
  if (credential.kind === 'token') return { kind: 'tcp', url, allowInsecure, token: credential.token }
  const token = await accessToken(target, credential, env, version)
  return { kind: 'tcp', url, allowInsecure, token }
}

const SPARE_MS = 60_000

const isFresh = ({ expiresAt }: { readonly expiresAt: string }) =>
  Date.parse(expiresAt) > Date.now() + SPARE_MS

async function accessToken(
  { server, context, allowInsecure }: RemoteTarget,
  login: Extract<Credential, { kind: 'login' }>,
  env: NodeJS.ProcessEnv,
  version: string,
): Promise<string> {
  if (context === undefined || isFresh(login)) return login.accessToken
  const { apiClient } = await import('./api.ts')
  const api = apiClient({ kind: 'tcp', url: server, allowInsecure }, { version })
  const renewal = changeContexts(env, async (all) => {
    const entry = all.contexts[context]
    const held = entry?.credential
    // Another command has refreshed it already.
    if (entry === undefined || held?.kind !== 'login' || isFresh(held)) return all
    const renewed = await api
      .call('refresh', { body: { refreshToken: held.refreshToken } })
      .catch((error: unknown) => {
        if (error instanceof ChatbotError && error.code === 'unauthenticated') throw loggedOut(server)
        throw error
      })
    const credential: Credential = { kind: 'login', ...renewed }
    return { ...all, contexts: { ...all.contexts, [context]: { ...entry, credential } } }
  })
  const { contexts } = await renewal.finally(() => api.close())
  const held = contexts[context]?.credential
  if (held?.kind !== 'login') throw loggedOut(server)
  return held.accessToken
}

const loggedOut = (server: string) =>
  new ChatbotError(
    'unauthenticated',
    `The login at ${server} has expired. Log in again: chatbot login --server ${server}`,
  )
