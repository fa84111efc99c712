import { z } from 'zod'
import { JsonTooLarge, MAX_MESSAGE_VALUES, parseJson } from '../domain/json.ts'
import { isStorable, UNSTORABLE } from '../domain/storable.ts'
import { type ClientMessage, clientMessageSchema, clientMessages } from './messages.ts'
import { problemsOf } from './problems.ts'

/** The result of reading a client's text frame. */
export type ReadMessage =
  | { readonly kind: 'message'; readonly message: ClientMessage }
  /**
   * An object with a `type`, but an unknown one or with wrong fields: the reply is an error, and the socket stays
   * open.
   */
  | { readonly kind: 'invalid'; readonly id: string | undefined; readonly reason: string }
  /** Not a JSON object with a `type`: the socket is closed. */
  | { readonly kind: 'malformed'; readonly reason: string }

const frameSchema = z.looseObject({ type: z.string(), id: z.string().max(64).optional().catch(undefined) })

export function readClientMessage(text: string): ReadMessage {
  let content: unknown
  try {
    content = parseJson(text, { maxValues: MAX_MESSAGE_VALUES })
  } catch (error) {
    const reason =
      error instanceof JsonTooLarge ? `the frame was refused: ${error.message}` : 'the frame is not JSON'
    return { kind: 'malformed', reason }
  }
  const frame = frameSchema.safeParse(content)
  if (!frame.success) return { kind: 'malformed', reason: 'the frame is not an object with a `type`' }
  const { type, id } = frame.data
  if (!Object.hasOwn(clientMessages, type)) {
    const known = Object.keys(clientMessages).join(', ')
    return { kind: 'invalid', id, reason: `Unknown message type. Known ones: ${known}.` }
  }
  if (!isStorable(content)) return { kind: 'invalid', id, reason: `The message contains ${UNSTORABLE}.` }
  const parsed = clientMessageSchema.safeParse(content)
  if (parsed.success) return { kind: 'message', message: parsed.data }
  return { kind: 'invalid', id, reason: `The ${type} message is invalid: ${problemsOf(parsed.error)}` }
}
