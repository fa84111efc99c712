import { createHash } from 'node:crypto'
import { fillPlaceholders, type SQL } from 'drizzle-orm'
import { drizzle, type NodePgQueryResultHKT } from 'drizzle-orm/node-postgres'
import { type PgDatabase, PgDialect } from 'drizzle-orm/pg-core'
import pg from 'pg'
import type { PoolUse } from '../../ports/store/store.ts'
import { inDatabaseSpan } from '../../telemetry/spans.ts'
import { isConflict, isOfStatement, isSilence, translate } from './errors.ts'
import { pipelinedConnections } from './pipelined-connections.ts'

/** What a repository runs statements on: the pool, or a transaction. */
export type Queries = PgDatabase<NodePgQueryResultHKT>

export interface Database {
  /** PGlite has a single session: a statement waits for an open transaction, so await nothing but SQL inside one. */
  readonly embedded: boolean
  /** Errors get a code; conflicts with other transactions are retried. */
  run: <T>(work: (queries: Queries) => Promise<T>) => Promise<T>
  transaction: <T>(work: (queries: Queries) => Promise<T>) => Promise<T>
  /** Returns the number of rows. An optional lock is taken first and held until the statement is committed. */
  execute: (statement: Statement, values: Record<string, unknown>, lock?: bigint) => Promise<number>
  /**
   * Runs long statements on a separate connection without a timeout; an abort cancels the running one. Not on
   * PGlite.
   */
  aside: <T>(signal: AbortSignal, work: (queries: Queries) => Promise<T>) => Promise<T>
  pool: () => PoolUse
  close: () => Promise<void>
}

export interface StoreLog {
  warn: (details: object, message: string) => void
}

/** Options of `pg.Pool`: `{ connectionString }` for PostgreSQL, or the result of `startPglite`; plus timeouts. */
export interface ConnectionConfig extends pg.PoolConfig {
  /** For PostgreSQL's statements, except those that run aside. */
  readonly statementTimeoutMs?: number
}

const CONNECT_TIMEOUT_MS = 15_000
const STATEMENT_TIMEOUT_MS = 60_000
const POOL_SIZE = 10
/** Grace period for PostgreSQL to report a cancelled statement; after that the connection is considered dead. */
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
  // A client in use also emits the error of its connection, and nobody else listens.
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
 * `pool.query` releases a client with the error of its statement, and the pool then drops it: every failed
 * statement would cost a connection, and on PGlite open a second one, which is refused while the first is closing.
 */
class KeptClient extends pg.Client {
  #release: pg.PoolClient['release'] = () => undefined

  get release(): pg.PoolClient['release'] {
    return this.#release
  }
  /** The pool sets this whenever it hands out the client. */
  set release(release: pg.PoolClient['release']) {
    this.#release = (error) => release(isOfStatement(error) ? undefined : error)
  }
}

/** PGlite has one session for all clients, so the pool has one connection, and waiting for it is no failure. */
const ONE_SESSION = {
  max: 1,
  idleTimeoutMillis: 0,
  connectionTimeoutMillis: 0,
  statement_timeout: 0,
  query_timeout: 0,
  onConnect: forgetEarlierSession,
}

/** Named statements of a dropped client would still exist in the session. */
async function forgetEarlierSession(client: pg.ClientBase): Promise<void> {
  await client.query('DISCARD ALL')
}

/** A statement on a hot path: built once here, and parsed and planned once per connection. */
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

/** The connection is shared, so a transaction is sent in one piece; after an error its COMMIT rolls back. */
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
 * For transactions. Not drizzle's own: on a broken connection it leaks the client if BEGIN fails, and hides the
 * reason if ROLLBACK does.
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
  // Whatever breaks it also fails the running statement.
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
