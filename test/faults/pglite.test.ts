/** What the embedded database does when it is killed, damaged, or out of room. */
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startPglite } from '../../daemon/pglite/pglite.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import type { Store } from '../../src/ports/store/store.ts'
import { connect } from '../../src/store/database/database.ts'
import { openStore } from '../../src/store/open.ts'
import { ANNA, documentOf, expectCode, put, SPEC } from '../conformance/store-fixtures.ts'
import { putEmbedded } from '../support/put-embedded.ts'

// Each test makes or opens databases, some in processes of their own: seconds each, many on a busy machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let root: string
/** A closed database with one collection, to be copied. */
let sound: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'chatbot-pglite-'))
  sound = join(root, 'sound')
  await withStore(sound, async (store) => {
    await store.collections.create(ANNA, 'handbook')
    await put(store, 'handbook', 'a.md', ['one'])
  })
})
afterAll(() => rm(root, { recursive: true }))

const pathsOf = (folder: string) => ({
  dataDir: join(folder, 'pglite'),
  socketPath: join(folder, '.s.PGSQL.5432'),
})

async function withStore<T>(folder: string, work: (store: Store) => Promise<T>): Promise<T> {
  const pglite = await startPglite(pathsOf(folder))
  try {
    const store = await openStore({ connection: pglite.connection, embedded: true })
    try {
      return await work(store)
    } finally {
      await store.close()
    }
  } finally {
    await pglite.close()
  }
}

async function copyOf(folder: string): Promise<string> {
  const copy = await mkdtemp(join(root, 'copy-'))
  await cp(folder, copy, { recursive: true })
  return copy
}

describe('a damaged database', () => {
  const remove = (file: string) => (dataDir: string) => rm(join(dataDir, file), { recursive: true })
  const replace = (file: string, content: string | Buffer) => (dataDir: string) =>
    writeFile(join(dataDir, file), content)

  it.each<[string, (dataDir: string) => Promise<void>]>([
    ['an empty PG_VERSION', replace('PG_VERSION', '')],
    ['garbage in PG_VERSION', replace('PG_VERSION', randomBytes(100))],
    ['no PG_VERSION', remove('PG_VERSION')],
    ['no control file', remove('global/pg_control')],
    ['garbage in the control file', replace('global/pg_control', randomBytes(8192))],
    ['no write-ahead log', remove('pg_wal')],
    ['no tables', remove('base')],
    ['no catalogue', remove('global')],
    ['no transaction log', remove('pg_xact')],
    ['no configuration', remove('postgresql.conf')],
    ['garbage in the configuration', replace('postgresql.conf', randomBytes(1000))],
    ['garbage in the catalogue', replace('base/5/1259', randomBytes(81_920))],
  ])('is refused with what to do about it: %s', async (_, damage) => {
    const folder = await copyOf(sound)
    const { dataDir } = pathsOf(folder)
    await damage(dataDir)
    const error = await withStore(folder, (store) => store.collections.list(ANNA)).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ChatbotError)
    expect(error.code).toBe('database_corrupt')
    expect(error.message).toContain(dataDir)
    expect(error.message).toMatch(/Restore that folder from a backup, or move it away/)
    expect(error.message).not.toMatch(/ {4}at |node_modules/)
  })

  it('is not made out of a folder that holds something else', async () => {
    const folder = await mkdtemp(join(root, 'other-'))
    await mkdir(pathsOf(folder).dataDir)
    await writeFile(join(pathsOf(folder).dataDir, 'notes.txt'), 'mine')
    await expectCode(startPglite(pathsOf(folder)), 'database_corrupt')
    expect(await readFile(join(pathsOf(folder).dataDir, 'notes.txt'), 'utf8')).toBe('mine')
  })

  it('of another PostgreSQL version is not taken for a damaged one', async () => {
    const folder = await copyOf(sound)
    await writeFile(join(pathsOf(folder).dataDir, 'PG_VERSION'), '17\n')
    await expectCode(startPglite(pathsOf(folder)), 'database_setup')
  })

  it('that does not open in time is given up', async () => {
    const opening = startPglite({ ...pathsOf(await copyOf(sound)), openTimeoutMs: 1 })
    await expectCode(opening, 'database_corrupt')
    await expect(opening).rejects.toThrow('took too long to open')
  })
})

describe('a database that is killed', () => {
  it('while it is first made is made anew', async () => {
    const folder = await mkdtemp(join(root, 'first-'))
    await killWriterAfter(folder, 1, (line) => line === 'starting')
    expect(existsSync(pathsOf(folder).dataDir)).toBe(false)
    expect(existsSync(`${pathsOf(folder).dataDir}.new`)).toBe(true)
    expect(await withStore(folder, (store) => store.collections.list(ANNA))).toEqual([])
    expect(existsSync(`${pathsOf(folder).dataDir}.new`)).toBe(false)
  })

  it('while it writes has every document that it acknowledged', async () => {
    const folder = await copyOf(sound)
    for (const [round, count] of [20, 3].entries()) {
      const acknowledged = await killWriterAfter(folder, count, (line) => line.startsWith('stored '))
      await withStore(folder, async (store) => {
        const documents = await store.documents.list(ANNA, { collection: 'written', limit: 100_000 })
        const uris = documents.map((document) => `stored ${document.uri}`)
        expect(uris).toEqual(expect.arrayContaining(acknowledged))
        // At most one more was stored than its process lived to say.
        const [collection] = await store.collections.readable(ANNA, ['written'])
        expect(collection?.revision, `round ${round}`).toBe(documents.length)
        expect(documents.every((document) => document.chunks === 2)).toBe(true)
      })
    }
  })
})

describe('a statement that fails', () => {
  it('leaves its connection to the next one, which comes at once', async () => {
    const folder = await copyOf(sound)
    const pglite = await startPglite(pathsOf(folder))
    const database = connect(pglite.connection, true)
    await database.run((queries) =>
      queries.execute(sql`SELECT set_config('application_name', 'kept', false)`),
    )
    for (let round = 0; round < 20; round += 1) {
      await expectCode(
        database.run((queries) => queries.execute(sql`SELECT FROM no_such_table`)),
        'internal',
      )
      const { rows } = await database.run((queries) =>
        queries.execute(sql`SELECT current_setting('application_name') AS name`),
      )
      expect(rows).toEqual([{ name: 'kept' }])
    }
    await database.close()
    await pglite.close()
  })
})

describe('a database that ends by itself', () => {
  it('is noticed', async () => {
    const folder = await copyOf(sound)
    const pglite = await startPglite(pathsOf(folder))
    const exit = new Promise<ChatbotError>((resolve) => pglite.onExit(resolve))
    const store = await openStore({ connection: pglite.connection, embedded: true })
    await rm(join(pathsOf(folder).dataDir, 'pg_wal'), { recursive: true })
    const putting = (async () => {
      for (let index = 0; ; index += 1) await put(store, 'handbook', `${index}.md`, [`text ${index}`])
    })()
    // PGlite's last words reach the client before its end does, or not at all.
    await expect(putting).rejects.toMatchObject({
      code: expect.stringMatching(/^database_(corrupt|unreachable)$/),
    })
    expect((await exit).code).toBe('database_corrupt')
    await expectCode(store.ping(), 'database_unreachable')
    await store.close()
    await pglite.close()
  })
})

describe('a full disk', () => {
  it('is told, and costs nothing that was stored', async (context) => {
    const disk = await mkdtemp(join(tmpdir(), 'chatbot-disk-'))
    if (!mounts(disk)) {
      await rm(disk, { recursive: true })
      return context.skip('NOT RUN: it takes root to mount a small disk')
    }
    try {
      await writeFile(join(disk, 'ballast'), Buffer.alloc(90 * 1024 * 1024))
      await expectCode(startPglite(pathsOf(disk)), 'disk_full')
      await rm(join(disk, 'ballast'))
      let stored = 0
      const filling = withStore(disk, async (store) => {
        await store.collections.create(ANNA, 'large')
        for (;;) {
          const paragraphs = Array.from({ length: 100 }, () => randomBytes(10_000).toString('base64'))
          const { document, chunks } = documentOf(`${stored}.md`, paragraphs)
          await putEmbedded(store, ANNA, 'large', SPEC, document, chunks)
          stored += 1
        }
      })
      await expectCode(filling, 'disk_full')
      execFileSync('mount', ['-o', 'remount,size=400m', disk])
      const [collection] = await withStore(disk, (store) => store.collections.list(ANNA))
      expect(stored).toBeGreaterThan(0)
      expect(collection).toMatchObject({ documents: stored, revision: stored })
    } finally {
      execFileSync('umount', [disk])
      await rm(disk, { recursive: true })
    }
  })
})

function mounts(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100m', 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Runs the writer and kills it with SIGKILL after so many matching lines, which are returned. */
async function killWriterAfter(
  folder: string,
  count: number,
  matches: (line: string) => boolean,
): Promise<string[]> {
  const script = fileURLToPath(new URL('../support/pglite-writer.ts', import.meta.url))
  const writer = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const seen: string[] = []
  const lines = createInterface({ input: writer.stdout })
  lines.on('line', (line) => {
    if (matches(line)) seen.push(line)
    if (seen.length === count) writer.kill('SIGKILL')
  })
  await once(writer, 'close')
  expect(seen.length).toBeGreaterThanOrEqual(count)
  return seen
}
