import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'

/** Sends server-sent events as they come. */
export function sendEventStream(reply: FastifyReply, events: AsyncIterable<string>): FastifyReply {
  reply.header('content-type', 'text/event-stream; charset=utf-8')
  reply.header('cache-control', 'no-cache')
  // Without this, nginx would buffer the answer.
  reply.header('x-accel-buffering', 'no')
  return reply.send(Readable.from(events))
}
