import { ChatbotError } from '../domain/errors.ts'
import { isSecure } from '../domain/loopback.ts'
import type { DaemonAddress } from './client.ts'

/** The header with the token; throws `insecure_connection` where it would be sent readable to another machine. */
export function authorization(endpoint: DaemonAddress): Record<string, string> {
  if (endpoint.kind === 'local' || endpoint.token === undefined) return {}
  requireConfidential(endpoint)
  return { authorization: `Bearer ${endpoint.token}` }
}

/** Throws `insecure_connection` where everybody on the way could read what is sent. */
export function requireConfidential(endpoint: DaemonAddress): void {
  if (endpoint.kind === 'local' || endpoint.allowInsecure === true || isSecure(endpoint.url)) return
  throw new ChatbotError(
    'insecure_connection',
    `Nothing secret is sent to ${endpoint.url}: it is not encrypted, and everybody on the way could read it. Use https://, or --allow-insecure if you must.`,
  )
}
