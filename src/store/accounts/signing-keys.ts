import { desc, gt, sql } from 'drizzle-orm'
import { signingKeys } from '../../../drizzle/schema.ts'
import type { SigningKeyRepository } from '../../ports/store/signing-keys.ts'
import type { Database } from '../database/database.ts'

/** An arbitrary number that no other lock of the program uses. */
const LOCK_ID = 7_390_201

export function signingKeyRepository(database: Database): SigningKeyRepository {
  return {
    list: () =>
      database.run((queries) => queries.select().from(signingKeys).orderBy(desc(signingKeys.createdAt))),

    add: (key, unlessSince, dropBefore) =>
      database.transaction(async (queries) => {
        await queries.execute(sql`SELECT pg_advisory_xact_lock(${LOCK_ID})`)
        const [young] = await queries
          .select({ id: signingKeys.id })
          .from(signingKeys)
          .where(gt(signingKeys.createdAt, unlessSince))
          .limit(1)
        if (young !== undefined) return
        await queries.insert(signingKeys).values(key)
        await queries.execute(sql`
          DELETE FROM signing_keys AS old WHERE EXISTS (
            SELECT FROM signing_keys AS next
            WHERE next.created_at > old.created_at AND next.created_at < ${dropBefore.toISOString()}::timestamptz)`)
      }),
  }
}
