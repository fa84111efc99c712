/** What only a PostgreSQL server can do to the store. */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { migrateStore, openStore } from '../../src/store/open.ts'
import { ANNA, expectCode, put } from '../conformance/store-fixtures.ts'
import { createDatabase, onServer, postgresDatabase, withClient } from '../support/database.ts'
import { certificateFile, faultProxy } from '../support/fault-proxy.ts'
import { describePostgres } from '../support/postgres.ts'

const open = (connectionString: string) => openStore({ connection: { connectionString }, embedded: false })

describePostgres('PostgreSQL', () => {
  it('is set up once when several daemons start at once', async () => {
    const { connectionString, drop } = await createDatabase()
    const stores = await Promise.all(Array.from({ length: 5 }, () => open(connectionString)))
    await Promise.all(stores.map((store, index) => store.collections.create(ANNA, `c${index}`)))
    expect(await stores[0]?.collections.list(ANNA)).toHaveLength(5)
    await Promise.all(stores.map((store) => store.close()))
    await drop()
  })

  it('serves a role without superuser rights once its administrator has made the extension', async () => {
    const { connectionString, drop } = await createDatabase()
    const role = `role_${randomBytes(4).toString('hex')}`
    const url = new URL(connectionString)
    await onServer((admin) => admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`))
    url.username = role
    url.password = 'secret'
    await withClient({ connectionString }, (admin) => admin.query(`GRANT CREATE ON SCHEMA public TO ${role}`))

    const refused = open(url.href)
    await expectCode(refused, 'database_setup')
    await expect(refused).rejects.toThrow(/in the database "test_\w+": CREATE EXTENSION vector;/)

    await withClient({ connectionString }, (admin) => admin.query('CREATE EXTENSION vector'))
    const store = await open(url.href)
    await store.collections.create(ANNA, 'handbook')
    expect(await put(store, 'handbook', 'a.md', ['one'])).toMatchObject({ status: 'indexed' })
    await store.collections.remove(ANNA, 'handbook')
    await store.close()
    await drop()
    await onServer((admin) => admin.query(`DROP ROLE ${role}`))
  })

  it('that refuses the role is a question of set-up', async () => {
    const { connectionString, drop } = await createDatabase()
    const role = `role_${randomBytes(4).toString('hex')}`
    await onServer((admin) => admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`))
    await withClient({ connectionString }, (admin) => admin.query('CREATE EXTENSION vector'))
    const url = new URL(connectionString)
    url.username = role
    url.password = 'wrong'
    await expectCode(open(url.href), 'database_setup')
    url.password = 'secret'
    const refused = open(url.href)
    await expectCode(refused, 'database_setup')
    await expect(refused).rejects.toThrow(`GRANT USAGE, CREATE ON SCHEMA public TO ${role};`)
    url.pathname = '/no_such_database'
    await expectCode(open(url.href), 'database_setup')
    await drop()
    await onServer((admin) => admin.query(`DROP ROLE ${role}`))
  })

  it('that is not there, or hangs up, is unreachable', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    await expectCode(open(`postgresql://x@127.0.0.1:${port}/x`), 'database_unreachable')
    await new Promise((resolve) => server.close(resolve))
    await expectCode(open(`postgresql://x@127.0.0.1:${port}/x`), 'database_unreachable')
    await expectCode(open(`postgresql://x@no-such-host.invalid/x`), 'database_unreachable')
  })

  it('that drops its connections is connected again, and what was open fails alone', async () => {
    await using database = await postgresDatabase()
    const { store } = database
    const { name } = await store.collections.create(ANNA, 'handbook')
    const drop = () =>
      onServer((admin) =>
        admin.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = $1 AND application_name = 'chatbot'`,
          [new URL(database.connection.connectionString ?? '').pathname.slice(1)],
        ),
      )
    const texts = Array.from({ length: 2000 }, (_, index) => `paragraph ${index}`)
    const puts = Promise.allSettled([put(store, name, 'a.md', texts), put(store, name, 'b.md', texts)])
    await drop()
    for (const outcome of await puts) {
      if (outcome.status === 'rejected') expect(outcome.reason.code).toBe('database_unreachable')
    }
    const stored = await store.documents.list(ANNA, { collection: name, limit: 10 })
    expect((await store.collections.readable(ANNA, [name]))[0]?.revision).toBe(stored.length)
    await put(store, name, 'c.md', ['one'])
  })

  it('is migrated once, and then there is nothing to do', async () => {
    const { connectionString, drop } = await createDatabase()
    const applied = await Promise.all([
      migrateStore({ connectionString }),
      migrateStore({ connectionString }),
    ])
    expect(Math.min(...applied)).toBe(0)
    expect(Math.max(...applied)).toBeGreaterThan(0)
    expect(await migrateStore({ connectionString })).toBe(0)
    await drop()
  })

  it('is reached by TLS, and only with a certificate that is trusted', async () => {
    const { connectionString, drop } = await createDatabase()
    {
      await using proxy = await faultProxy({ url: connectionString, tls: 'postgres' })
      const store = await open(`${proxy.url}?sslmode=verify-full&sslrootcert=${certificateFile}`)
      await store.ping()
      await store.close()
      const untrusted = open(`${proxy.url}?sslmode=verify-full`)
      await expectCode(untrusted, 'database_setup')
      await expect(untrusted).rejects.toThrow('sslrootcert')
    }
    await drop()
  })

  it('ends a statement that takes too long', async () => {
    const { connectionString, drop } = await createDatabase()
    const store = await openStore({
      connection: { connectionString, statementTimeoutMs: 200 },
      embedded: false,
    })
    await store.collections.create(ANNA, 'handbook')
    await withClient({ connectionString }, async (other) => {
      await other.query('BEGIN')
      await other.query('LOCK TABLE collections')
      await expectCode(store.collections.list(ANNA), 'timeout')
      await other.query('ROLLBACK')
    })
    expect(await store.collections.list(ANNA)).toHaveLength(1)
    await store.close()
    await drop()
  })

  it('that goes silent is dropped, and found again when it is back', async () => {
    const { connectionString, drop } = await createDatabase()
    {
      await using proxy = await faultProxy({ url: connectionString })
      const store = await openStore({
        connection: { connectionString: proxy.url, connectionTimeoutMillis: 500, query_timeout: 300 },
        embedded: false,
      })
      for (const fail of [proxy.stall, proxy.halfOpen, proxy.down]) {
        fail()
        await expectCode(store.ping(), 'database_unreachable')
        await expectCode(store.collections.create(ANNA, 'handbook'), 'database_unreachable')
        proxy.heal()
        await store.ping()
      }
      expect((await store.collections.list(ANNA)).length).toBeLessThanOrEqual(1)
      await store.close()
    }
    await drop()
  })
})
