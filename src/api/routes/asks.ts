import { z } from 'zod'
import { clientMessages } from '../../protocol/messages.ts'
import { answerSchema } from '../../protocol/shapes.ts'
import { identified } from './fields.ts'
import { nothing, type Route } from './route.ts'

/** As it stands before every event of the streams here. */
const eventId = z
  .string()
  .max(32)
  .regex(/^\d{1,9}-\d{1,9}$/, 'EPOCH-SEQ')
  .transform((text) => {
    const [epoch, seq] = text.split('-').map(Number)
    return { epoch: epoch ?? 0, seq: seq ?? 0 }
  })

const { id, ...asked } = clientMessages.ask.omit({ type: true, traceparent: true }).shape

export const askRoutes = {
  ask: {
    ...nothing,
    method: 'POST',
    path: '/asks',
    summary:
      'Ask a question; responds with the whole answer, and a client that goes away cancels it; with `Accept: text/event-stream`, responds with its events as they come, the messages of the WebSocket, and `GET /answers/ID/events` resumes them',
    events: 'accepted',
    body: z.object({
      id: id
        .optional()
        .describe('UUID of the ask; generated if absent. The same again gives the same answer'),
      ...asked,
    }),
    response: answerSchema,
  },
  answerEvents: {
    ...nothing,
    method: 'GET',
    path: '/answers/:id/events',
    summary: 'The events of an answer from its start, or after `Last-Event-ID`, also after its end',
    events: 'only',
    params: identified,
    headers: z.object({ 'last-event-id': eventId.optional() }),
    response: z.string().describe('server-sent events'),
  },
  cancelAnswer: {
    ...nothing,
    method: 'POST',
    path: '/answers/:id/cancel',
    summary: 'Stop an answer, wherever it runs; unknown and ended ones are ignored',
    params: identified,
    response: z.object({ id: z.string() }),
  },
} as const satisfies Record<string, Route>
