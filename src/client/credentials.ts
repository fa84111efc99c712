import { ChatbotError } from '../domain/errors.ts'
import { isSecure } from '../domain/loopback.ts'
import type { DaemonAddress } from './client.ts'

/** The header with the token; throws `insecure_connection` instead of sending it unencrypted to another machine. */
export function authorization(endpoint: DaemonAddress): Record<string, string> {
  if (endpoint.kind === 'local' || endpoint.token === undefined) return {}
  requireConfidential(endpoint)
  return { authorization: `Bearer ${endpoint.token}` }
}

/** Throws `insecure_connection` if the connection can be read on the way. */
export function requireConfidential(endpoint: DaemonAddress): void {
  if (endpoint.kind === 'local' || endpoint.allowInsecure === true || isSecure(endpoint.url)) return
  throw new ChatbotError(
    'insecure_connection',
    `No secrets are sent to ${endpoint.url}: the connection is not encrypted, so others could read them. Use https://, or --allow-insecure if you must.`,
  )
}
