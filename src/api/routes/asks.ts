import { z } from 'zod'
import { clientMessages } from '../../protocol/messages.ts'
import { answerSchema } from '../../protocol/shapes.ts'
import { nothing, type Route } from './route.ts'

const { id, ...asked } = clientMessages.ask.omit({ type: true, traceparent: true }).shape

export const askRoutes = {
  ask: {
    ...nothing,
    method: 'POST',
    path: '/asks',
    summary:
      'Ask a question; responds with the whole answer, or with `Accept: text/event-stream` with its events as they come, the messages of the WebSocket. A client that goes away cancels it',
    body: z.object({
      id: id
        .optional()
        .describe('UUID of the ask; generated if absent. The same again gives the same answer'),
      ...asked,
    }),
    response: answerSchema,
  },
} as const satisfies Record<string, Route>
