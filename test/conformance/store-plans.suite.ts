import { PgDialect } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import { describe, expect, it } from 'vitest'
import { documentCondition } from '../../src/store/search/filter.ts'
import { nearestVectors } from '../../src/store/search/nearest.ts'
import type { TestDatabase } from '../support/database.ts'
import { ANNA, newCollection, put, SPEC, vectorOf } from './store-fixtures.ts'

const NO_ID = '00000000-0000-4000-8000-000000000000'

export function plansSuite(database: () => TestDatabase): void {
  describe('query plans', () => {
    it.each([{ filter: {} }, { filter: { paths: ['docs/**'] } }])(
      'of a search touch the partition of its index alone (%j)',
      async (options) => {
        const { store } = database()
        const names: string[] = []
        for (let index = 0; index < 3; index += 1) {
          const { name } = await newCollection(store)
          await put(store, name, 'docs/a.md', ['one', 'two'])
          names.push(name)
        }
        const generations = await store.index.list(ANNA)
        const searched = generations.find((generation) => generation.collection === names[1])
        if (searched === undefined) throw new Error('no index')
        const relations = await database().inspect(async (client) => {
          const condition = documentCondition(options.filter)
          const active = [{ generation: searched.id, dimensions: SPEC.dimensions, approximate: false }]
          const statement = nearestVectors(active, { vector: vectorOf('x'), limit: 10, condition })
          const { sql, params } = new PgDialect().sqlToQuery(statement)
          return (await explain(client, sql, params)).relations
        })
        expect(relations.filter((relation) => relation.startsWith('vectors'))).toEqual([
          `vectors_g${searched.id}`,
        ])
      },
    )

    it('of a search compute exact cosine distances where there is no approximate index', () => {
      const active = [{ generation: 1, dimensions: SPEC.dimensions, approximate: false }]
      const statement = nearestVectors(active, { vector: vectorOf('x'), limit: 10 })
      expect(new PgDialect().sqlToQuery(statement).sql).toContain('v.embedding <=> ')
    })

    it.each([
      ['an ask by its principal and id', 'answers', `principal = 'p' AND id = 'x'`],
      ['a document by its collection and uri', 'documents', `collection_id = '${NO_ID}' AND uri = 'x'`],
      ['a document by its uri', 'documents', `uri = 'x'`],
      ['chunks by their hash', 'chunks', `generation_id = 1 AND hash = ANY('{x,y}')`],
      ['the chunks of a document', 'chunks', `document_id = '${NO_ID}'`],
      ['the vector of a chunk', 'vectors', 'generation_id = 1 AND chunk_id = 7'],
      ['the cached answers of a partition', 'cached_answers', `partition = 'x'`],
      ['the asks of a conversation', 'answers', `conversation_id = '${NO_ID}'`],
      ['the messages of an answer', 'messages', `principal = 'p' AND answer_id = 'x'`],
      ['asks whose lease lapsed', 'answers', `state = 'running' AND lease_until < now()`],
    ])('find %s by an index', async (_, table, condition) => {
      const { store } = database()
      const { name } = await store.collections.ensure(ANNA, 'plans')
      await put(store, name, 'a.md', ['one'])
      await database().inspect(async (client) => {
        // Small tables are read whole; without that choice the plan shows whether an index serves.
        await client.query('SET enable_seqscan = off')
        const statement = `SELECT * FROM ${table} WHERE ${condition}`.replace(
          /generation_id = 1 AND chunk/,
          `generation_id = ${await anyGeneration(client)} AND chunk`,
        )
        const { nodes } = await explain(client, statement)
        expect(nodes.filter((node) => node === 'Seq Scan')).toEqual([])
        expect(nodes.some((node) => /Index/.test(node))).toBe(true)
      })
    })
  })
}

async function anyGeneration(client: pg.Client): Promise<number> {
  const { rows } = await client.query('SELECT max(id) AS id FROM generations')
  return rows[0].id
}

/** Node types and relation names of a statement's plan. */
async function explain(client: pg.Client, statement: string, parameters: unknown[] = []) {
  const { rows } = await client.query(`EXPLAIN (FORMAT JSON) ${statement}`, parameters)
  const text = JSON.stringify(rows[0]['QUERY PLAN'])
  const values = (key: string) =>
    [...text.matchAll(new RegExp(`"${key}":"([^"]*)"`, 'g'))].map((match) => match[1] ?? '')
  return { nodes: values('Node Type'), relations: [...new Set(values('Relation Name'))] }
}
