/**
 * What every test would otherwise make again: a migrated, empty database, and compiled sources. Both lie in
 * node_modules/.cache. A copy of the database costs a hundredth of PGlite's first start.
 */
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPglite } from '../../daemon/pglite/pglite.ts'
import { packageRoot } from '../../src/config/package-root.ts'
import { runtimePaths } from '../../src/config/runtime-paths.ts'
import { openStore } from '../../src/store/open.ts'

const CACHE = join(packageRoot(), 'node_modules', '.cache', 'chatbot-tests')

/** In a process's environment: Node keeps there what it compiled, also for processes with another home. */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: join(CACHE, 'compile') }

/** In a daemon's environment: each thread loads the model, which is a quarter of a start. */
export const FEW_THREADS = { CHATBOT_EMBEDDER_WORKERS: '1' }

/** What a database of PGlite is made of. */
const SOURCES = [
  'drizzle/migrations/**/*.sql',
  'daemon/pglite/*.ts',
  'src/store/database/migrate.ts',
  'node_modules/@electric-sql/pglite*/package.json',
]

/** `folder` must not be there yet; another checkout's database needs that checkout's migrations. */
export async function placeReadyDatabase(folder: string): Promise<void> {
  await cp(await readyDatabase(), folder, { recursive: true })
}

/** A new data directory for a daemon, below the temporary folder: the caller deletes it. */
export async function readyDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'chatbot-data-'))
  await placeReadyDatabase(runtimePaths(dataDir).database)
  return dataDir
}

async function readyDatabase(): Promise<string> {
  const folder = join(CACHE, `pglite-${fingerprint()}`)
  if (existsSync(folder)) return folder
  await mkdir(CACHE, { recursive: true })
  const unfinished = await mkdtemp(join(CACHE, 'unfinished-'))
  const sockets = await mkdtemp(join(tmpdir(), 'chatbot-ready-'))
  try {
    const dataDir = join(unfinished, 'pglite')
    const pglite = await startPglite({ dataDir, socketPath: join(sockets, '.s.PGSQL.5432') })
    await (await openStore({ connection: pglite.connection, embedded: true })).close()
    await pglite.close()
    // Another test's process may have been faster.
    await rename(dataDir, folder).catch((error) => {
      if (!existsSync(folder)) throw error
    })
  } finally {
    for (const rest of [unfinished, sockets]) await rm(rest, { recursive: true })
  }
  return folder
}

function fingerprint(): string {
  const hash = createHash('sha256')
  for (const path of globSync(SOURCES, { cwd: packageRoot() }).toSorted()) {
    hash.update(`${path}\n`).update(readFileSync(join(packageRoot(), path)))
  }
  return hash.digest('hex').slice(0, 16)
}
