/** Asking over HTTP: the whole answer, or its events as server-sent events. */
import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { askOnce } from '../../src/answers/once.ts'
import type { Routes } from '../../src/api/routes.ts'
import { type Position, START } from '../../src/domain/answer.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import type { Principal } from '../../src/domain/principal.ts'
import { takeRequest } from '../../src/limits/limits.ts'
import type { LoggedEvent } from '../../src/ports/answer-log.ts'
import type { ServerMessage } from '../../src/protocol/messages.ts'
import { eventMessage } from '../event-message.ts'
import type { EndpointContext } from './endpoint.ts'

export type AskBody = z.output<Routes['ask']['body']>

export const wantsEvents = (accept: string | undefined): boolean =>
  accept?.split(',').some((type) => type.trim().startsWith('text/event-stream')) === true

const withId = ({ id = randomUUID(), ...asked }: AskBody) => ({ id, ...asked })

/** The events of an answer; the answer is cancelled when the asker is gone. */
export const askedEvents = ({ services, principal, signal }: EndpointContext, body: AskBody) =>
  askOnce(services.answers, principal, withId(body), signal)

/** The lines of server-sent events. What goes wrong before the first is thrown, and has a status. */
type EventLines = Promise<AsyncGenerator<string>>

/** Asks. A client that goes away can resume the answer, so it goes on. */
export async function askEvents(
  { body }: { readonly body: AskBody },
  { services, principal, signal }: EndpointContext,
): EventLines {
  const request = withId(body)
  const accepted = await services.answers.ask(principal, request)
  const { epoch, conversation } = accepted
  return eventLines(principal, request.id, accepted.events(signal), [
    { type: 'accepted', id: request.id, epoch, conversation },
  ])
}

/** Resumes, or reads from the start. */
export async function answerEvents(
  {
    params,
    headers,
  }: {
    readonly params: { readonly id: string }
    readonly headers: { readonly 'last-event-id'?: Position | undefined }
  },
  { services, principal, signal }: EndpointContext,
): EventLines {
  await takeRequest(services.limits, principal)
  const accepted = await services.answers.resume(principal, params.id, headers['last-event-id'] ?? START)
  return eventLines(principal, params.id, accepted.events(signal))
}

async function* eventLines(
  principal: Principal,
  id: string,
  events: AsyncIterable<LoggedEvent>,
  before: readonly ServerMessage[] = [],
): AsyncGenerator<string> {
  const line = ({ type, ...data }: ServerMessage) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`
  yield* before.map(line)
  try {
    for await (const logged of events)
      yield `id: ${logged.epoch}-${logged.seq}\n${line(eventMessage(principal, id, logged))}`
  } catch (thrown) {
    // Not the answer's: it may be resumed.
    yield line({ type: 'error', id, ...ChatbotError.wrap(thrown).for(principal) })
  }
}
