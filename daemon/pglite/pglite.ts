import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, rmdir, statfs } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type pg from 'pg'
import { z } from 'zod'
import { ChatbotError, errorText } from '../../src/domain/errors.ts'

export interface PgliteOptions {
  /** The database's folder, created if missing. One process at a time: the caller holds a lock. */
  readonly dataDir: string
  /** Named `.s.PGSQL.<port>`, as `pg` expects, in a private folder. */
  readonly socketPath: string
  /** Receives the output of PGlite and PostgreSQL, line by line. */
  readonly onOutput?: (line: string) => void
  /** Opening takes longer after a crash, and longest the first time. */
  readonly openTimeoutMs?: number
}

export interface Pglite {
  /** For a pool of exactly one connection. */
  readonly connection: pg.PoolConfig
  /** Called once if the database stops by itself: then nothing can be read or written. */
  onExit: (listener: (error: ChatbotError) => void) => void
  /** Flushes everything and ends the worker. Close the store first. */
  close: () => Promise<void>
}

const FromWorker = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('printed'), line: z.string() }),
  z.object({ type: z.literal('failed'), reason: z.string() }),
])
export type FromWorker = z.infer<typeof FromWorker>

const OPEN_TIMEOUT_MS = 180_000
const CLOSE_TIMEOUT_MS = 30_000
const SOCKET_NAME = /^\.s\.PGSQL\.(\d+)$/

/**
 * Opens the embedded database in a worker and serves it on a Unix socket. Throws `database_corrupt`, `database_setup`
 * (a directory of another PostgreSQL version), `disk_full` or `data_dir_unusable`.
 */
export async function startPglite(options: PgliteOptions): Promise<Pglite> {
  const { dataDir, socketPath } = options
  const port = SOCKET_NAME.exec(basename(socketPath))?.[1]
  if (port === undefined) throw new TypeError(`not a PostgreSQL socket's name: ${socketPath}`)
  await prepareFolders(dataDir, socketPath)
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  const worker = new Worker(new URL(`./pglite-worker${extension}`, import.meta.url), {
    workerData: { dataDir, socketPath },
  })
  const { ready, end } = watch(worker, options)
  if (!(await inTime(Promise.race([ready, end]), options.openTimeoutMs ?? OPEN_TIMEOUT_MS))) {
    await worker.terminate()
    throw corrupt(dataDir, 'it took too long to open')
  }
  const state = await Promise.race([end, 'open' as const])
  if (state !== 'open') throw state

  let closing = false
  return {
    connection: { host: dirname(socketPath), port: Number(port), user: 'postgres', database: 'postgres' },
    onExit: (listener) => {
      void end.then((error) => closing || listener(error))
    },
    close: async () => {
      closing = true
      worker.postMessage('close')
      if (!(await inTime(end, CLOSE_TIMEOUT_MS))) await worker.terminate()
    },
  }
}

/** Finds out why the database cannot be opened, before PGlite fails in less clear ways. */
async function prepareFolders(dataDir: string, socketPath: string): Promise<void> {
  const version = await usableFolders(dataDir, socketPath).catch((error) => {
    throw ChatbotError.wrap(error, isFull(String(error)) ? 'disk_full' : 'data_dir_unusable')
  })
  if (version === 'none' || version === POSTGRES_VERSION) return
  if (!/^\d+$/.test(version)) throw corrupt(dataDir, 'its file PG_VERSION is damaged')
  throw new ChatbotError(
    'database_setup',
    `The database in ${dataDir} was made with PostgreSQL ${version}; this chatbot uses ${POSTGRES_VERSION}. Use the ` +
      'version of chatbot that created it, or move the folder away and ingest again.',
  )
}

/** Creates the folders around the database, and returns the content of PG_VERSION: `none` if there is no database. */
async function usableFolders(dataDir: string, socketPath: string): Promise<string> {
  await mkdir(dirname(dataDir), { recursive: true, mode: 0o700 })
  await mkdir(dirname(socketPath), { recursive: true, mode: 0o700 })
  await rm(socketPath, { force: true })
  // An empty folder counts as missing; any other must be a database.
  if (existsSync(dataDir) && (await readdir(dataDir)).length === 0) await rmdir(dataDir)
  if (!existsSync(dataDir)) return 'none'
  const file = join(dataDir, 'PG_VERSION')
  return existsSync(file) ? (await readFile(file, 'utf8')).trim() : ''
}

/** The content of PG_VERSION in PGlite's data directories. */
const POSTGRES_VERSION = '18'

const KEPT_LINES = 20

/** `ready` resolves when the socket is listening; `end` when the worker has exited, with the reason. */
function watch(worker: Worker, options: PgliteOptions): { ready: Promise<void>; end: Promise<ChatbotError> } {
  let reason = 'it stopped'
  const printed: string[] = []
  worker.on('error', (error) => {
    reason = errorText(error)
  })
  const ready = new Promise<void>((resolve) => {
    worker.on('message', (data) => {
      const message = FromWorker.parse(data)
      switch (message.type) {
        case 'ready':
          return resolve()
        case 'failed':
          reason = message.reason
          return
        case 'printed':
          options.onOutput?.(message.line)
          if (printed.push(message.line) > KEPT_LINES) printed.shift()
      }
    })
  })
  const exit = new Promise((resolve) => worker.once('exit', resolve))
  const end = exit.then(() => explain(options.dataDir, reason, printed))
  return { ready, end }
}

async function explain(dataDir: string, reason: string, printed: readonly string[]): Promise<ChatbotError> {
  if (isFull([reason, ...printed].join('\n')) || (await freeBytes(dataDir)) < FULL_BYTES) {
    return new ChatbotError('disk_full', `The disk of ${dataDir} is full: free some space and start again.`)
  }
  if (/EACCES|EPERM|EROFS|permission denied/i.test(reason)) {
    return new ChatbotError('data_dir_unusable', `The database in ${dataDir} is not writable: ${reason}.`)
  }
  const told = printed.map((line) => /\b(?:PANIC|FATAL):\s+(.+)/.exec(line)?.[1]).findLast(Boolean)
  return corrupt(dataDir, told ?? reason)
}

function corrupt(dataDir: string, reason: string): ChatbotError {
  return new ChatbotError(
    'database_corrupt',
    `The database in ${dataDir} cannot be opened (${reason}). Restore that folder from a backup, or move it ` +
      'away and ingest your documents again.',
  )
}

/** Less than one segment of PostgreSQL's WAL. */
const FULL_BYTES = 16 * 1024 * 1024

/** Infinity if unknown. */
function freeBytes(dataDir: string): Promise<number> {
  return statfs(dirname(dataDir)).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => Number.POSITIVE_INFINITY,
  )
}

const isFull = (text: string): boolean => /ENOSPC|no space left on device/i.test(text)

async function inTime(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const patience = new AbortController()
  const tooLate = setTimeout(ms, false, { signal: patience.signal }).catch(() => false)
  const done = await Promise.race([promise.then(() => true), tooLate])
  patience.abort()
  return done
}
