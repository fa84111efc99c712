import { createHash } from 'node:crypto'
import type { RetrievedPassages } from '../domain/answer.ts'
import { canonicalFilter } from '../domain/answer.ts'
import type { Principal } from '../domain/principal.ts'
import type { Ports } from '../ports/ports.ts'
import { type RetrieveQuery, retrieve } from '../retrieval/retrieve.ts'

/**
 * `retrieve` with a cache. The key contains the collections that the asker can read, with their revisions, so a
 * hit returns nothing that a search now would not.
 */
export async function retrieveRemembered(
  ports: Ports,
  principal: Principal,
  query: RetrieveQuery,
): Promise<RetrievedPassages> {
  const { passages } = ports
  if (passages === undefined || !query.collections.every(({ cache }) => cache))
    return retrieve(ports, principal, query)
  const key = keyOf(ports, query)
  const known = await passages.get(key)
  if (known !== undefined) return known
  const found = await retrieve(ports, principal, query)
  if (found.whole) await passages.set(key, found)
  return found
}

function keyOf({ embedder, reranker }: Ports, query: RetrieveQuery): string {
  const parts = [
    query.question,
    query.language,
    query.collections.map(({ id, revision }) => `${id}@${revision}`).sort(),
    canonicalFilter(query.filter),
    Object.entries(query.settings).sort(),
    query.limit ?? null,
    embedder.model.fingerprint,
    reranker?.name ?? null,
  ]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
