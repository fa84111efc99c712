import type { Answer } from '../src/domain/answer.ts'
import { withRefused } from '../src/domain/certainty.ts'
import type { Principal } from '../src/domain/principal.ts'
import type { LoggedEvent } from '../src/ports/answer-log.ts'
import type { ServerMessage } from '../src/protocol/messages.ts'

/** An event of an answer as it goes over the wire. */
export function eventMessage(
  principal: Principal,
  id: string,
  { epoch, seq, event }: LoggedEvent,
): ServerMessage {
  const position = { id, epoch, seq }
  switch (event.type) {
    case 'error':
      return { type: 'error', ...position, ...event.error.for(principal) }
    case 'context':
      return { type: 'context', ...position, passages: [...event.passages] }
    case 'restart':
      return { type: 'restart', ...position, keep: event.keep }
    case 'done':
      return { type: 'done', ...position, answer: answerMessage(event.answer) }
    default:
      return { ...position, ...event }
  }
}

export const answerMessage = ({ citations, warnings, ...rest }: Answer) => ({
  ...withRefused(rest),
  citations: [...citations],
  warnings: [...warnings],
})
