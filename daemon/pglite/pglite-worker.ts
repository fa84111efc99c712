/** Runs PGlite in a worker, because it executes SQL synchronously and would block the daemon's thread. */
import fs, { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import { z } from 'zod'
import { errorText } from '../../src/domain/errors.ts'
import type { FromWorker } from './pglite.ts'

const WorkerData = z.object({ dataDir: z.string(), socketPath: z.string() })

/** Checkpoints keep the WAL far below this (src/store/database/maintenance.ts). jit costs more than it gains here. */
const SETTINGS = ['-c', 'max_wal_size=128MB', '-c', 'min_wal_size=32MB', '-c', 'jit=off']

/** Output after which PGlite no longer responds, without throwing. */
const LAST_WORDS = /^Aborted\(|^[\d-]+ [\d:.]+ \w+ \[\d+\] FATAL:/

// Emscripten sets the mode of each file that it creates, usually to 0666, regardless of the umask.
const { chmodSync } = fs
fs.chmodSync = (path, mode) => chmodSync(path, typeof mode === 'number' ? mode & 0o700 : mode)

const { dataDir, socketPath } = WorkerData.parse(workerData)
try {
  await serve()
} catch (error) {
  fail(error)
}

async function serve(): Promise<void> {
  if (!existsSync(dataDir)) await initialise()
  const database = await open(dataDir)
  failWhenItCrashes(database)
  // One connection: concurrent messages would mix in PGlite's single session and give wrong results.
  const server = new PGLiteSocketServer({ db: database, path: socketPath, maxConnections: 1 })
  await server.start()
  parentPort?.once('message', () => void shutDown(database, server).catch(fail))
  tell({ type: 'ready' })
}

/** Creates it in a folder beside the real one, so that it appears complete or not at all, even if killed. */
async function initialise(): Promise<void> {
  const unfinished = `${dataDir}.new`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { mode: 0o700 })
  const database = await open(unfinished)
  await database.close()
  await rename(unfinished, dataDir)
}

function open(folder: string): Promise<PGlite> {
  const print = (line: string) => {
    tell({ type: 'printed', line })
    if (LAST_WORDS.test(line)) fail(line)
    return true
  }
  return PGlite.create({
    dataDir: folder,
    extensions: { vector },
    startParams: [...PGlite.defaultStartParams, ...SETTINGS],
    onStdout: print,
    onStderr: print,
  })
}

/** SQL errors are replies; a thrown error is PGlite's own, after which the socket server never responds. */
function failWhenItCrashes(database: PGlite): void {
  const execute = database.execProtocolRawStream.bind(database)
  database.execProtocolRawStream = async (message, options) => {
    try {
      await execute(message, options)
    } catch (error) {
      fail(error)
      throw error
    }
  }
}

async function shutDown(database: PGlite, server: PGLiteSocketServer): Promise<void> {
  await server.stop()
  await database.exec('CHECKPOINT')
  await database.close()
  process.exit(0)
}

function fail(error: unknown): void {
  tell({ type: 'failed', reason: errorText(error) })
  process.exit(1)
}

function tell(message: FromWorker): void {
  parentPort?.postMessage(message)
}
