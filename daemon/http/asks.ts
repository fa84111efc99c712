/** Asking over HTTP: the whole answer, or its events as server-sent events. */
import { randomUUID } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import type { z } from 'zod'
import { askOnce, loggedOnce } from '../../src/answers/once.ts'
import type { Routes } from '../../src/api/routes.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import type { LoggedEvent } from '../../src/ports/answer-log.ts'
import { eventMessage } from '../event-message.ts'
import type { EndpointContext } from './endpoint.ts'
import { sendEventStream } from './event-stream.ts'

export type AskBody = z.output<Routes['ask']['body']>

export const wantsEvents = (accept: string | undefined): boolean =>
  accept?.split(',').some((type) => type.trim().startsWith('text/event-stream')) === true

const withId = ({ id = randomUUID(), ...asked }: AskBody) => ({ id, ...asked })

/** The events of an answer; the answer is cancelled when the asker is gone. */
export const askedEvents = ({ services, principal, signal }: EndpointContext, body: AskBody) =>
  askOnce(services.answers, principal, withId(body), signal)

/** Sends the events as they come. What goes wrong before the first is thrown, and has a status. */
export async function sendEvents(
  { services, principal, signal }: EndpointContext,
  body: AskBody,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const request = withId(body)
  const events = loggedOnce(services.answers, principal, request, signal)
  const first = await events.next()
  const lines = async function* (): AsyncGenerator<string> {
    const line = (logged: LoggedEvent) => {
      const { type, ...data } = eventMessage(principal, request.id, logged)
      return `id: ${logged.epoch}-${logged.seq}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`
    }
    try {
      if (first.done !== true) yield line(first.value)
      for await (const logged of events) yield line(logged)
    } catch (thrown) {
      // An error of the answer has been its last event.
      if (!(thrown instanceof ChatbotError)) throw thrown
    }
  }
  return sendEventStream(reply, lines())
}
