import { ChatbotError } from '../../domain/errors.ts'
import { checkQuestion } from '../../domain/question.ts'
import type { Welcome } from '../../protocol/messages.ts'

/** Finds what the daemon would refuse before it is sent: an oversized frame would cost the connection. */
export function refusalOf(
  question: string,
  frame: string,
  limits: Welcome['limits'],
): ChatbotError | undefined {
  try {
    checkQuestion(question)
  } catch (error) {
    return ChatbotError.wrap(error)
  }
  const bytes = Buffer.byteLength(frame)
  if (bytes <= limits.maxFrameBytes) return undefined
  return new ChatbotError(
    'frame_too_large',
    `The request has ${bytes} bytes; the daemon accepts at most ${limits.maxFrameBytes}. Name fewer collections and paths.`,
  )
}
