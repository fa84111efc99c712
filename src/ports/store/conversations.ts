import type { ConversationSummary, Turn } from '../../domain/answer.ts'
import type { Principal } from '../../domain/principal.ts'

export interface ConversationRepository {
  list: (principal: Principal, limit: number) => Promise<ConversationSummary[]>
  /** Throws `unknown_conversation`, also for another principal's. */
  turns: (
    principal: Principal,
    id: string,
    limit: number,
  ) => Promise<{ conversation: ConversationSummary; turns: Turn[] }>
  remove: (principal: Principal, id: string) => Promise<void>
}
