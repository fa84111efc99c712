/** Fresh databases for tests: PGlite in a temporary folder, or a new database on the PostgreSQL of DATABASE_URL_TEST. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startPglite } from '../../daemon/pglite/pglite.ts'
import type { Store } from '../../src/ports/store/store.ts'
import { openStore } from '../../src/store/open.ts'
import { placeReadyDatabase } from './ready.ts'

/** Where the tests' PostgreSQL is; undefined when nobody has started one with `test/services/up`. */
export const postgresUrl = process.env.DATABASE_URL_TEST

export interface TestDatabase extends AsyncDisposable {
  /** The open store; another object after `inspect` and `reopen`. */
  readonly store: Store
  readonly embedded: boolean
  readonly connection: pg.PoolConfig
  /** Raw SQL while the store is closed, because PGlite serves one connection. */
  inspect: <T>(work: (client: pg.Client) => Promise<T>) => Promise<T>
  /** Closes the store (and PGlite) and opens it again. */
  reopen: () => Promise<void>
}

export async function pgliteDatabase(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'chatbot-pglite-'))
  const paths = { dataDir: join(folder, 'pglite'), socketPath: join(folder, '.s.PGSQL.5432') }
  await placeReadyDatabase(paths.dataDir)
  let pglite = await startPglite(paths)
  return testDatabase(pglite.connection, true, {
    restart: async () => {
      await pglite.close()
      pglite = await startPglite(paths)
    },
    remove: async () => {
      await pglite.close()
      await rm(folder, { recursive: true })
    },
  })
}

export async function postgresDatabase(): Promise<TestDatabase> {
  const { connectionString, drop } = await createDatabase()
  return testDatabase({ connectionString }, false, { restart: async () => {}, remove: drop })
}

/** An empty database on the tests' server, or on this one; as its superuser. */
export async function createDatabase(
  server = serverUrl(),
): Promise<{ connectionString: string; drop: () => Promise<void> }> {
  const admin = <T>(work: (client: pg.Client) => Promise<T>) => withClient({ connectionString: server }, work)
  const name = `test_${randomBytes(8).toString('hex')}`
  await admin((client) => client.query(`CREATE DATABASE ${name}`))
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    connectionString: url.href,
    drop: async () => {
      await admin((client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`))
    },
  }
}

/** One connection as the superuser of the tests' server. */
export const onServer = <T>(work: (admin: pg.Client) => Promise<T>): Promise<T> =>
  withClient({ connectionString: serverUrl() }, work)

export async function withClient<T>(
  config: pg.ClientConfig,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = await whenFree(async () => {
    const candidate = new pg.Client(config)
    await candidate.connect()
    return candidate
  })
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/**
 * PGlite refuses a connection until it has noticed the end of the one before, which takes a turn of its event
 * loop more than the other side needs.
 */
export async function whenFree<T>(connect: () => Promise<T>): Promise<T> {
  for (let left = 100; ; left -= 1) {
    try {
      return await connect()
    } catch (error) {
      if (left === 0 || !/ECONNRESET|EPIPE|Connection terminated/.test(String(error))) throw error
    }
  }
}

function serverUrl(): string {
  if (postgresUrl === undefined) throw new Error('DATABASE_URL_TEST is not set: eval "$(test/services/up)"')
  return postgresUrl
}

async function testDatabase(
  connection: pg.PoolConfig,
  embedded: boolean,
  server: { restart: () => Promise<void>; remove: () => Promise<void> },
): Promise<TestDatabase> {
  let store = await openStore({ connection, embedded })
  return {
    get store() {
      return store
    },
    embedded,
    connection,
    inspect: async (work) => {
      await store.close()
      try {
        return await withClient({ ...connection }, work)
      } finally {
        store = await whenFree(() => openStore({ connection, embedded }))
      }
    },
    reopen: async () => {
      await store.close()
      await server.restart()
      store = await openStore({ connection, embedded })
    },
    [Symbol.asyncDispose]: async () => {
      await store.close()
      await server.remove()
    },
  }
}
