import { describe, expect, it } from 'vitest'
import type { TestDatabase } from '../support/database.ts'
import { ANNA, newCollection, put, SPEC } from './store-fixtures.ts'

export function verifySuite(database: () => TestDatabase): void {
  describe('verifying an index', () => {
    /** Three documents, and SQL that damages them; `$1` is the id of `b.md`, the second of three. */
    const damaged = async (...statements: string[]) => {
      const { name } = await newCollection(database().store)
      await put(database().store, name, 'a.md', ['one', 'two'])
      const { document } = await put(database().store, name, 'b.md', ['three', 'four', 'five'])
      await put(database().store, name, 'c.md', ['six'])
      if (statements.length > 0)
        await database().inspect(async (client) => {
          for (const statement of statements) await client.query(statement, [document.id])
        })
      const verify = (fix: boolean) => database().store.index.verify(ANNA, name, fix)
      const kinds = async (fix = false) =>
        (await verify(fix)).problems.map(({ kind, count, fixed }) => ({ kind, count, fixed }))
      return { name, verify, kinds }
    }
    const ofB = 'document_id = $1'

    it('finds nothing wrong where nothing is', async () => {
      const { name, verify } = await damaged()
      expect(await verify(false)).toMatchObject({
        collection: name,
        generation: expect.any(Number),
        documents: 3,
        chunks: 6,
        recall: null,
        problems: [],
      })
      const empty = await newCollection(database().store)
      expect(await database().store.index.verify(ANNA, empty.name, true)).toMatchObject({
        generation: null,
        problems: [],
      })
    })

    it('makes words anew that are missing or wrong', async () => {
      const { kinds } = await damaged(
        `DELETE FROM chunk_terms WHERE chunk_id = (SELECT id FROM chunks WHERE ${ofB} AND ordinal = 0)`,
        `UPDATE chunk_terms SET terms = '{1}' WHERE chunk_id = (SELECT id FROM chunks WHERE ${ofB} AND ordinal = 1)`,
      )
      expect(await kinds()).toEqual([{ kind: 'terms', count: 2, fixed: false }])
      expect(await kinds(true)).toEqual([{ kind: 'terms', count: 2, fixed: true }])
      expect(await kinds()).toEqual([])
    })

    it.each([
      ['vector', `DELETE FROM vectors WHERE chunk_id = (SELECT id FROM chunks WHERE ${ofB} AND ordinal = 2)`],
      ['chunk_span', `UPDATE chunks SET start_offset = 1 WHERE ${ofB} AND ordinal = 0`],
      ['chunk_hash', `UPDATE chunks SET hash = 'x' WHERE ${ofB} AND ordinal = 0`],
      ['chunk_blocks', `UPDATE chunks SET blocks = '{}' WHERE ${ofB} AND ordinal = 0`],
      ['chunk_count', `DELETE FROM chunks WHERE ${ofB} AND ordinal = 1`],
    ])('finds a damaged document by its %s, and hands it to a rebuild', async (kind, statement) => {
      const { name, verify, kinds } = await damaged(statement)
      const found = await verify(false)
      expect(found.problems).toMatchObject([{ kind, count: 1, fixed: false }])
      expect(found.problems[0]?.examples[0]).toContain('b.md')
      expect(await kinds(true)).toEqual([{ kind, count: 1, fixed: true }])
      const { store } = database()
      expect(await store.rebuild.begin(ANNA, name, SPEC)).toBeUndefined()
      const job = await store.rebuild.begin(ANNA, name, SPEC, { again: true })
      expect(job).toMatchObject({ kind: 'rebuild', state: 'running', documents: 3 })
      await store.jobs.cancel(ANNA, job?.id ?? '')
    })
  })
}
