import { z } from 'zod'
import { conversationSchema, turnSchema } from '../../protocol/shapes.ts'
import { identified, limit } from './fields.ts'
import { nothing, type Route } from './route.ts'

export const conversationRoutes = {
  listConversations: {
    ...nothing,
    method: 'GET',
    path: '/conversations',
    summary: 'Conversations of the caller, latest first',
    query: z.object({ limit }),
    response: z.object({ conversations: z.array(conversationSchema) }),
  },
  getConversation: {
    ...nothing,
    method: 'GET',
    path: '/conversations/:id',
    summary: 'A conversation with its turns, oldest first',
    params: identified,
    query: z.object({ limit }),
    response: z.object({ conversation: conversationSchema, turns: z.array(turnSchema) }),
  },
  removeConversation: {
    ...nothing,
    method: 'DELETE',
    path: '/conversations/:id',
    summary: 'Delete a conversation with its answers',
    params: identified,
    response: z.object({ id: z.string() }),
  },
} as const satisfies Record<string, Route>
