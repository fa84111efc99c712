/** An ask over a connection that cannot resume it: its answer is cancelled when the asker is gone. */
import type { Answer, AnswerEvent } from '../domain/answer.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Principal } from '../domain/principal.ts'
import { isEnd } from '../ports/answer-log.ts'
import type { Answers } from './answers.ts'
import type { AskRequest } from './request.ts'

/** The events up to `done`; throws the answer's error. `signal`: the asker is gone. */
export async function* askOnce(
  answers: Pick<Answers, 'ask' | 'cancel'>,
  principal: Principal,
  request: AskRequest,
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent> {
  // An answer that ends with its daemon needs no cancelling.
  const cancel = () => void answers.cancel(principal, request.id).catch(() => undefined)
  signal.addEventListener('abort', cancel)
  let ended = false
  try {
    const accepted = await answers.ask(principal, { ...request, isAttended: true })
    for await (const { event } of accepted.events(signal)) {
      ended = isEnd(event)
      if (event.type === 'error') throw event.error
      yield event
    }
    signal.throwIfAborted()
    if (!ended)
      throw new ChatbotError('interrupted', 'The daemon was stopped before the answer was complete.')
  } finally {
    signal.removeEventListener('abort', cancel)
    if (!ended) cancel()
  }
}

/** The answer at the end of these events. */
export async function lastAnswer(events: AsyncIterable<AnswerEvent>): Promise<Answer> {
  for await (const event of events) {
    if (event.type === 'done') return event.answer
  }
  throw new ChatbotError('interrupted', 'The answer ended before it was complete. Ask again.')
}
