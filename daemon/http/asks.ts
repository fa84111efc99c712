/** Asking over HTTP: the whole answer, or its events as server-sent events. */
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { z } from 'zod'
import { askOnce, loggedOnce } from '../../src/answers/once.ts'
import type { Routes } from '../../src/api/routes.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import type { LoggedEvent } from '../../src/ports/answer-log.ts'
import { eventMessage } from '../event-message.ts'
import type { EndpointContext } from './endpoint.ts'

export type AskBody = z.output<Routes['ask']['body']>

export const wantsEvents = (accept: string | undefined): boolean =>
  accept?.split(',').some((type) => type.trim().startsWith('text/event-stream')) === true

/** The events of an answer; the answer is cancelled when the asker is gone. */
export const askedEvents = ({ services, principal, signal }: EndpointContext, body: AskBody) =>
  askOnce(services.answers, principal, { ...body, id: body.id ?? randomUUID() }, signal)

/** Sends the events as they come. What goes wrong before the first is thrown, and has a status. */
export async function sendEvents(
  { services, principal, signal }: EndpointContext,
  body: AskBody,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const id = body.id ?? randomUUID()
  const events = loggedOnce(services.answers, principal, { ...body, id }, signal)
  const first = await events.next()
  reply.header('content-type', 'text/event-stream; charset=utf-8')
  reply.header('cache-control', 'no-cache')
  // Without this, nginx would buffer the answer.
  reply.header('x-accel-buffering', 'no')
  const lines = async function* (): AsyncGenerator<string> {
    const line = (logged: LoggedEvent) => {
      const { type, ...data } = eventMessage(principal, id, logged)
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
  return reply.send(Readable.from(lines()))
}
