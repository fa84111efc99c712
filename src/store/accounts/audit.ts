import { desc, lt } from 'drizzle-orm'
import { audit as acts } from '../../../drizzle/schema.ts'
import { type Principal, principalName } from '../../domain/principal.ts'
import type { AuditEntry, AuditRepository } from '../../ports/store/audit.ts'
import type { Database, Queries } from '../database/database.ts'
import { requireAdministrator } from './rights.ts'

/** Records an administrative action in its own transaction. */
export async function audit(
  queries: Queries,
  principal: Principal,
  action: string,
  target: string,
  detail: AuditEntry['detail'] = {},
): Promise<void> {
  await queries
    .insert(acts)
    .values({ actor: principal.id, actorName: principalName(principal), action, target, detail })
}

export function auditRepository(database: Database): AuditRepository {
  return {
    list: (principal, { limit, before }) =>
      database.run(async (queries) => {
        await requireAdministrator(queries, principal)
        const rows = await queries
          .select()
          .from(acts)
          .where(before === undefined ? undefined : lt(acts.id, before))
          .orderBy(desc(acts.id))
          .limit(limit)
        return rows.map(({ actorName, ...row }) => ({ ...row, actor: actorName }))
      }),

    add: (principal, action, target) => database.run((queries) => audit(queries, principal, action, target)),
  }
}
