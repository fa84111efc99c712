import type { Principal, Role } from '../../domain/principal.ts'

/** The counts behind limits. */
export interface UsageRepository {
  /** Engine tokens that the principal has used today (UTC). */
  today: (principal: Principal) => Promise<number>
  add: (principal: Principal, tokens: number) => Promise<void>
  /** The highest role of the principal or its groups on any collection; undefined if they have none. */
  highestRole: (principal: Principal) => Promise<Role | undefined>
}
