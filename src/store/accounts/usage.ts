import { and, eq, inArray, sql } from 'drizzle-orm'
import { grants, tokenUse } from '../../../drizzle/schema.ts'
import { ROLES } from '../../domain/principal.ts'
import type { UsageRepository } from '../../ports/store/usage.ts'
import type { Database } from '../database/database.ts'

/** Days are UTC. */
const today = sql<string>`(now() AT TIME ZONE 'UTC')::date`

export function usageRepository(database: Database): UsageRepository {
  return {
    today: (principal) =>
      database.run(async (queries) => {
        const [row] = await queries
          .select({ tokens: tokenUse.tokens })
          .from(tokenUse)
          .where(and(eq(tokenUse.subject, principal.id), eq(tokenUse.day, today)))
        return row?.tokens ?? 0
      }),
    add: async (principal, tokens) => {
      await database.run((queries) =>
        queries
          .insert(tokenUse)
          .values({ subject: principal.id, day: today, tokens })
          .onConflictDoUpdate({
            target: [tokenUse.subject, tokenUse.day],
            set: { tokens: sql`${tokenUse.tokens} + ${tokens}` },
          }),
      )
    },
    highestRole: async (principal) => {
      const subjects = [principal.id, ...(principal.kind === 'oidc' ? principal.groups : [])]
      const rows = await database.run((queries) =>
        queries.selectDistinct({ role: grants.role }).from(grants).where(inArray(grants.subject, subjects)),
      )
      return ROLES.findLast((role) => rows.some((row) => row.role === role))
    },
  }
}
