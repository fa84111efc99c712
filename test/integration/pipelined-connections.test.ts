/** Statements that share connections: each gets its own result, whatever happens to those beside it. */
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connect, type Database, statement } from '../../src/store/database/database.ts'
import { expectCode } from '../conformance/store-fixtures.ts'
import { createDatabase, onServer } from '../support/database.ts'
import { describePostgres } from '../support/postgres.ts'

const { placeholder } = sql
const ROWS = statement(sql`SELECT generate_series(1, ${placeholder('rows')}::int)`)
const QUOTIENT = statement(sql`SELECT 1 / ${placeholder('divisor')}::int`)
const INSERT = statement(sql`INSERT INTO held (id) VALUES (${placeholder('id')}::int)`)
const SLEEP = statement(sql`SELECT pg_sleep(30)`)

describePostgres('statements that share connections', () => {
  let made: Awaited<ReturnType<typeof createDatabase>>
  let database: Database

  beforeAll(async () => {
    made = await createDatabase()
    // The smallest pool: one connection for the statements, one for all else.
    database = connect({ connectionString: made.connectionString, max: 2 }, false)
    await database.run((queries) => queries.execute(sql`CREATE TABLE held (id int PRIMARY KEY)`))
  })
  afterAll(async () => {
    await database.close()
    await made.drop()
  })

  const held = async () => {
    const { rows } = await database.run((queries) => queries.execute(sql`SELECT id FROM held ORDER BY id`))
    return rows.map(({ id }) => id)
  }

  it('get their own results, those that fail beside them included', async () => {
    const settled = await Promise.allSettled(
      Array.from({ length: 600 }, (_, index) =>
        index % 3 === 0
          ? database.execute(QUOTIENT, { divisor: 0 })
          : database.execute(ROWS, { rows: index }, index % 3 === 1 ? 7n : undefined),
      ),
    )
    settled.forEach((one, index) => {
      if (index % 3 === 0) expect(one).toMatchObject({ status: 'rejected', reason: { code: 'internal' } })
      else expect(one).toEqual({ status: 'fulfilled', value: index })
    })
  })

  it('under a lock are rolled back when they fail, and nothing of others with them', async () => {
    await database.execute(INSERT, { id: 1 }, 1n)
    const settled = await Promise.allSettled([
      database.execute(INSERT, { id: 2 }),
      database.execute(INSERT, { id: 1 }, 1n),
      database.execute(INSERT, { id: 3 }, 1n),
      database.execute(INSERT, { id: 1 }),
      database.execute(INSERT, { id: 4 }),
    ])
    expect(settled.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    expect(await held()).toEqual([1, 2, 3, 4])
  })

  it('let others have a connection, however many of them keep coming', async () => {
    let isOver = false
    const flood = Array.from({ length: 50 }, async () => {
      while (!isOver) await database.execute(ROWS, { rows: 1 })
    })
    const both = await Promise.all(
      [1, 2].map((n) =>
        database.transaction(async (queries) => (await queries.execute(sql`SELECT ${n}::int AS n`)).rows),
      ),
    )
    isOver = true
    await Promise.all(flood)
    expect(both).toEqual([[{ n: 1 }], [{ n: 2 }]])
  })

  it('fail together when their connection does, and the next ones have a new one', async () => {
    const waiting = [1, 2, 3].map(() => database.execute(SLEEP, {}))
    const failed = Promise.all(waiting.map((one) => expectCode(one, 'database_unreachable')))
    await expect
      .poll(() =>
        onServer(async (admin) => {
          const { rowCount } = await admin.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND query LIKE '%pg_sleep(30)%'`,
            [new URL(made.connectionString).pathname.slice(1)],
          )
          return rowCount
        }),
      )
      .toBe(1)
    await failed
    expect(await database.execute(ROWS, { rows: 3 })).toBe(3)
  })
})
