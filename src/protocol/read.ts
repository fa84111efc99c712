import { z } from 'zod'
import { isStorable } from '../domain/storable.ts'
import { type ClientMessage, clientMessageSchema, clientMessages } from './messages.ts'

/** What a text frame of a client turned out to be. */
export type ReadMessage =
  | { readonly kind: 'message'; readonly message: ClientMessage }
  /** An object with a `type`, but an unknown one or with wrong fields: answered by an error, the socket lives. */
  | { readonly kind: 'invalid'; readonly id: string | undefined; readonly reason: string }
  /** No JSON object with a `type`: the socket is closed. */
  | { readonly kind: 'malformed'; readonly reason: string }

const frameSchema = z.looseObject({ type: z.string(), id: z.string().max(64).optional().catch(undefined) })

export function readClientMessage(text: string): ReadMessage {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    return { kind: 'malformed', reason: 'the frame is not JSON' }
  }
  const frame = frameSchema.safeParse(content)
  if (!frame.success) return { kind: 'malformed', reason: 'the frame is not an object with a `type`' }
  const { type, id } = frame.data
  if (!Object.hasOwn(clientMessages, type)) {
    const known = Object.keys(clientMessages).join(', ')
    return { kind: 'invalid', id, reason: `Unknown message type. Known ones: ${known}.` }
  }
  if (!isStorable(content))
    return { kind: 'invalid', id, reason: 'The message holds NUL, which no text may.' }
  const parsed = clientMessageSchema.safeParse(content)
  if (parsed.success) return { kind: 'message', message: parsed.data }
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'message'}: ${message}`,
  )
  return { kind: 'invalid', id, reason: `The ${type} message is not valid: ${problems.join('; ')}` }
}
