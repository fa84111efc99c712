import { and, eq, inArray, sql } from 'drizzle-orm'
import { collections, generations, jobs } from '../../../drizzle/schema.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { Principal } from '../../domain/principal.ts'
import { audit } from '../accounts/audit.ts'
import { may } from '../accounts/rights.ts'
import type { Database } from '../database/database.ts'
import { findCollection, lockCollection } from '../documents/collections.ts'
import { cancelJob } from '../jobs/jobs.ts'
import { dropRetired } from './retired.ts'

/** See IndexRepository.drop. */
export async function dropGeneration(database: Database, principal: Principal, id: number): Promise<string> {
  const collection = await database.transaction(async (queries) => {
    const [found] = await queries
      .select({ name: collections.name })
      .from(generations)
      .innerJoin(collections, eq(collections.id, generations.collection))
      .where(and(eq(generations.id, id), may(principal, 'reader')))
    if (found === undefined)
      throw new ChatbotError('not_found', `There is no generation ${id}: chatbot index list shows all.`)
    await findCollection(queries, principal, found.name, 'admin')
    const owner = await lockCollection(queries, found.name)
    if (owner.activeGeneration === id)
      throw new ChatbotError(
        'bad_request',
        `Generation ${id} is the active one of "${found.name}". Delete the collection (chatbot collections ` +
          `rm ${found.name}), or build another index first: chatbot index rebuild --collection ${found.name} --model M`,
      )
    await audit(queries, principal, 'index.drop', `${found.name} ${id}`)
    const open = await queries
      .select({ id: jobs.id })
      .from(jobs)
      .where(
        and(
          eq(jobs.kind, 'rebuild'),
          inArray(jobs.state, ['running', 'failed']),
          sql`(${jobs.input}->>'generation')::int = ${id}`,
        ),
      )
    for (const job of open) await cancelJob(queries, job.id)
    await queries.update(generations).set({ state: 'retired' }).where(eq(generations.id, id))
    return found.name
  })
  await dropRetired(database)
  return collection
}
