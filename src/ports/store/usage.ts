import type { Principal, Role } from '../../domain/principal.ts'

/** What limits are counted by. */
export interface UsageRepository {
  /** Tokens that engines have used for the principal today (UTC). */
  today: (principal: Principal) => Promise<number>
  add: (principal: Principal, tokens: number) => Promise<void>
  /** That the principal or its groups have on any collection; undefined when they have none. */
  highestRole: (principal: Principal) => Promise<Role | undefined>
}
