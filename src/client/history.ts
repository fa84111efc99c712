import type { z } from 'zod'
import type { ConversationSummary, Turn } from '../domain/answer.ts'
import { withCertainty } from '../domain/certainty.ts'
import type { conversationSchema, turnSchema } from '../protocol/shapes.ts'

/** Times are sent as ISO 8601 text. */
export const toSummary = (wire: z.output<typeof conversationSchema>): ConversationSummary => ({
  ...wire,
  createdAt: new Date(wire.createdAt),
  updatedAt: new Date(wire.updatedAt),
})

export const toTurn = (wire: z.output<typeof turnSchema>): Turn => ({
  ...withCertainty(wire),
  askedAt: new Date(wire.askedAt),
})
