import { createHash } from 'node:crypto'
import { fillPlaceholders, type SQL } from 'drizzle-orm'
import { drizzle, type NodePgQueryResultHKT } from 'drizzle-orm/node-postgres'
import { type PgDatabase, PgDialect } from 'drizzle-orm/pg-core'
import pg from 'pg'
import type { PoolUse } from '../../ports/store/store.ts'
import { inDatabaseSpan } from '../../telemetry/spans.ts'
import { isConflict, isOfStatement, isSilence, translate } from './errors.ts'
import { pipelinedConnections } from './pipelined-connections.ts'

/** What a repository builds statements with: the pool, or one transaction of it. */
export type Queries = PgDatabase<NodePgQueryResultHKT>

export interface Database {
  /** PGlite: one session, so a statement waits for an open transaction, and only SQL is awaited in one. */
  readonly embedded: boolean
  /** Errors have a code; what lost to another transaction is tried again. */
  run: <T>(work: (queries: Queries) => Promise<T>) => Promise<T>
  transaction: <T>(work: (queries: Queries) => Promise<T>) => Promise<T>
  /** Gives the number of rows. With a lock, that one is taken first, and held until the statement is committed. */
  execute: (statement: Statement, values: Record<string, unknown>, lock?: bigint) => Promise<number>
  /**
   * On a connection of its own, for statements that take minutes: no time bounds them, and an abort cancels the one
   * that runs. Not on PGlite.
   */
  aside: <T>(signal: AbortSignal, work: (queries: Queries) => Promise<T>) => Promise<T>
  pool: () => PoolUse
  close: () => Promise<void>
}

export interface StoreLog {
  warn: (details: object, message: string) => void
}

/** As for `pg.Pool`: `{ connectionString }` of PostgreSQL, or what `startPglite` returns; and how long things may take. */
export interface ConnectionConfig extends pg.PoolConfig {
  /** Of PostgreSQL's statements, those that run aside excepted. */
  readonly statementTimeoutMs?: number
}

const CONNECT_TIMEOUT_MS = 15_000
const STATEMENT_TIMEOUT_MS = 60_000
const POOL_SIZE = 10
/** What PostgreSQL may need to say that it has ended a statement; after that nobody is there any more. */
const SILENCE_MS = 5000

export function connect(
  { statementTimeoutMs = STATEMENT_TIMEOUT_MS, ...connection }: ConnectionConfig,
  embedded: boolean,
  log?: StoreLog,
): Database {
  const pool = new pg.Pool({
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    Client: KeptClient,
    application_name: 'chatbot',
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + SILENCE_MS,
    ...connection,
    ...(embedded ? ONE_SESSION : { pipeline: true }),
  })
  const lost = (error: Error) => log?.warn({ err: error }, 'database connection lost')
  pool.on('error', lost)
  // A client that is in use when its connection breaks also emits the error, and nobody else listens.
  pool.on('connect', (client) => client.on('error', lost))
  const queries = drizzle(pool)
  const pipelined = pipelinedConnections(pool)
  let closed: Promise<void> | undefined
  return {
    embedded,
    run: (work) => inDatabaseSpan('database statement', () => attempt(() => work(queries))),
    transaction: (work) =>
      inDatabaseSpan('database transaction', () => attempt(() => inTransaction(pool, work))),
    execute: (statement, values, lock) => {
      const query = statement(values)
      const execute = () =>
        embedded ? oneByOne(pool, query, lock) : pipelined.run((client) => atOnce(client, query, lock))
      return inDatabaseSpan('database statement', () => attempt(execute))
    },
    aside: (signal, work) => attempt(() => onOwnConnection(pool, connection, signal, work)),
    pool: () => ({
      idle: pool.idleCount,
      busy: pool.totalCount - pool.idleCount,
      waiting: pool.waitingCount,
    }),
    close: () => {
      closed ??= pool.end()
      return closed
    },
  }
}

/**
 * `pool.query` gives a client back with the error of its statement, and the pool then drops it: a new connection for
 * each statement that fails, and on PGlite a second one while the first still closes, which is refused.
 */
class KeptClient extends pg.Client {
  #release: pg.PoolClient['release'] = () => undefined

  get release(): pg.PoolClient['release'] {
    return this.#release
  }
  /** The pool sets it whenever it lends the client. */
  set release(release: pg.PoolClient['release']) {
    this.#release = (error) => release(isOfStatement(error) ? undefined : error)
  }
}

/** PGlite is one session for all its clients, so there is one, and waiting for it is no failure. */
const ONE_SESSION = {
  max: 1,
  idleTimeoutMillis: 0,
  connectionTimeoutMillis: 0,
  statement_timeout: 0,
  query_timeout: 0,
  onConnect: forgetEarlierSession,
}

/** The named statements of a client that was dropped would still be there. */
async function forgetEarlierSession(client: pg.ClientBase): Promise<void> {
  await client.query('DISCARD ALL')
}

/** A statement of a hot path: built here once, and parsed and planned once by each connection. */
export type Statement = (values: Record<string, unknown>) => pg.QueryConfig

/** Its values are `sql.placeholder`s. */
export function statement(text: SQL): Statement {
  const query = new PgDialect().sqlToQuery(text)
  const name = createHash('sha256').update(query.sql).digest('base64url')
  return (values) => ({ name, text: query.sql, values: fillPlaceholders(query.params, values) })
}

const beginWith = (lock: bigint): string => `BEGIN; SELECT pg_advisory_xact_lock(${lock})`

async function oneByOne(pool: pg.Pool, query: pg.QueryConfig, lock?: bigint): Promise<number> {
  if (lock === undefined) return (await pool.query(query)).rowCount ?? 0
  return withClient(pool, async (client) => {
    await client.query(beginWith(lock))
    const { rowCount } = await client.query(query)
    await client.query('COMMIT')
    return rowCount ?? 0
  })
}

/** The connection is shared: a transaction is sent in one piece, and its COMMIT rolls back what has failed. */
async function atOnce(client: pg.PoolClient, query: pg.QueryConfig, lock?: bigint): Promise<number> {
  if (lock === undefined) return (await client.query(query)).rowCount ?? 0
  const sent = [client.query(beginWith(lock)), client.query(query), client.query('COMMIT')] as const
  await Promise.allSettled(sent)
  const [, { rowCount }] = await Promise.all(sent)
  return rowCount ?? 0
}

const inTransaction = <T>(pool: pg.Pool, work: (queries: Queries) => Promise<T>): Promise<T> =>
  withClient(pool, async (client) => {
    await client.query('BEGIN')
    const result = await work(drizzle(client))
    await client.query('COMMIT')
    return result
  })

/**
 * For a transaction. Not drizzle's own: on a broken connection that one keeps the client for ever when BEGIN fails, and hides why
 * when ROLLBACK does.
 */
async function withClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let usable = true
  try {
    return await work(client)
  } catch (thrown) {
    usable = !isSilence(thrown)
    if (usable) {
      await client.query('ROLLBACK').catch(() => {
        usable = false
      })
    }
    throw thrown
  } finally {
    client.release(!usable)
  }
}

async function onOwnConnection<T>(
  pool: pg.Pool,
  connection: pg.PoolConfig,
  signal: AbortSignal,
  work: (queries: Queries) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    application_name: 'chatbot',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    ...connection,
  })
  // What breaks it fails the statement that runs, too.
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query(
      "SELECT pg_backend_pid() AS id, set_config('statement_timeout', '0', false)",
    )
    const cancel = () => {
      pool.query('SELECT pg_cancel_backend($1)', [rows[0]?.id]).catch(() => undefined)
    }
    signal.throwIfAborted()
    signal.addEventListener('abort', cancel, { once: true })
    try {
      return await work(drizzle(client))
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  } finally {
    await client.end()
  }
}

const MAX_ATTEMPTS = 4

async function attempt<T>(work: () => Promise<T>): Promise<T> {
  for (let left = MAX_ATTEMPTS - 1; ; left -= 1) {
    try {
      return await work()
    } catch (thrown) {
      if (left === 0 || !isConflict(thrown)) throw translate(thrown)
    }
  }
}
