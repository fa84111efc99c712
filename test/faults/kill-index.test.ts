/**
 * kill -9 at 50 random moments of what changes an index: nothing accepted is lost, nothing is there twice, and nothing
 * needs repair.
 */
import { createReadStream, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { expandSource } from '../../src/client/files/expand.ts'
import { machineOf } from '../../src/client/sync/read-source.ts'
import { syncSource } from '../../src/client/sync/sync.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { createDatabase } from '../support/database.ts'
import { describePostgres } from '../support/postgres.ts'
import { tinyEmbedder, writeFolder } from '../support/tiny-models.ts'
import { until } from '../support/until.ts'

const INGEST_KILLS = 14
const SHARED_KILLS = 6
const PRUNE_KILLS = 10
const REBUILD_KILLS = 12
const RESTORE_KILLS = 8
const FILES = 300
const REBUILT = 150

let folder: string
let source: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatbot-faults-'))
  source = join(folder, 'source')
  mkdirSync(source)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test(`${INGEST_KILLS} kills during an ingest of ${FILES} files`, async () => {
  write(0, FILES)
  const dataDir = join(folder, 'data')
  const accepted = new Set<string>()
  for (let round = 0; round < INGEST_KILLS; round += 1) {
    const daemon = await startTestDaemon({ dataDir })
    const running = await begun(daemon)
    await kill(daemon)
    for (const { uri, status } of (await running.done).results) {
      if (status === 'indexed' || status === 'staged') accepted.add(uri)
    }
  }
  await using daemon = await startTestDaemon({ dataDir })
  await settled(daemon)
  const kept = new Set((await documents(daemon)).map(({ uri }) => uri))
  expect([...accepted].filter((uri) => !kept.has(uri))).toEqual([])
  await expectInStep(daemon)
  console.log(`accepted before the last kill: ${accepted.size} of ${FILES}, all kept`)
})

test(`${PRUNE_KILLS} kills while files come, change, move and go`, async () => {
  const dataDir = join(folder, 'data')
  const step = 25
  let first = 0
  write(0, 100)
  {
    await using daemon = await startTestDaemon({ dataDir })
    expect((await sync(daemon)).stopped).toBeUndefined()
  }
  for (let round = 0; round < PRUNE_KILLS; round += 1) {
    for (let index = first; index < first + step; index += 1) rmSync(pathOf(index))
    first += step
    write(first + 75, first + 100)
    write(first, first + 5, `in round ${round}`)
    const daemon = await startTestDaemon({ dataDir })
    const running = await begun(daemon)
    await kill(daemon)
    await running.done
  }
  await using daemon = await startTestDaemon({ dataDir })
  await settled(daemon)
  await expectInStep(daemon)
})

test(`${REBUILD_KILLS} kills while the index is rebuilt with one model and another`, async () => {
  write(0, REBUILT)
  const tiny = join(folder, 'tiny')
  await writeFolder(tiny, tinyEmbedder())
  const dataDir = join(folder, 'data')
  {
    await using daemon = await startTestDaemon({ dataDir })
    expect((await sync(daemon)).stopped).toBeUndefined()
  }
  let swaps = 0
  for (let round = 0; round < REBUILD_KILLS; round += 1) {
    const daemon = await startTestDaemon({ dataDir })
    const before = await live(daemon)
    // One that was killed goes on by itself.
    const job =
      (await openRebuild(daemon)) ?? (await rebuild(daemon, before === 'builtin' ? tiny : 'builtin'))
    const most = Math.random() * REBUILT * 1.2
    for (;;) {
      const { passages } = await daemon.api.call('search', { body: { query: 'engineer number 12' } })
      expect(passages).not.toEqual([])
      const { state, indexed } = await daemon.api.call('getJob', { params: { id: job.id } })
      if (state !== 'running' || indexed > most) break
    }
    await sleep(Math.random() * 100)
    if ((await live(daemon)) !== before) swaps += 1
    await kill(daemon)
  }
  await using daemon = await startTestDaemon({ dataDir })
  if ((await openRebuild(daemon)) === undefined)
    await rebuild(daemon, (await live(daemon)) === 'builtin' ? tiny : 'builtin')
  do await expectClean(daemon)
  while ((await openRebuild(daemon)) !== undefined)
  await expectInStep(daemon)
  console.log(`swapped between the kills: ${swaps}`)
})

test(`${RESTORE_KILLS} kills during a restore`, async () => {
  write(0, 200)
  const archive = join(folder, 'all.gz')
  {
    await using daemon = await startTestDaemon()
    await sync(daemon)
    await writeFile(archive, await daemon.api.backup())
  }
  const dataDir = join(folder, 'data')
  for (let round = 0; round < RESTORE_KILLS; round += 1) {
    const daemon = await startTestDaemon({ dataDir })
    const running = restore(daemon, archive).catch(() => undefined)
    await Promise.race([running, sleep(Math.random() * 1000)])
    await kill(daemon)
    await running
  }
  await using daemon = await startTestDaemon({ dataDir })
  const { documents: restored, unchanged } = await restore(daemon, archive)
  expect(restored + unchanged).toBe(200)
  await expectInStep(daemon)
})

describePostgres('daemons of one PostgreSQL', () => {
  test(`${SHARED_KILLS} kills of one of two daemons during an ingest`, async () => {
    const { connectionString, drop } = await createDatabase()
    try {
      write(0, FILES)
      const env = { DATABASE_URL: connectionString }
      const accepted = new Set<string>()
      await using survivor = await startTestDaemon({ env })
      for (let round = 0; round < SHARED_KILLS; round += 1) {
        const daemon = await startTestDaemon({ env })
        const running = await begun(daemon)
        await kill(daemon)
        for (const { uri, status } of (await running.done).results) {
          if (status === 'indexed' || status === 'staged') accepted.add(uri)
        }
        await daemon[Symbol.asyncDispose]()
      }
      await settled(survivor)
      const kept = new Set((await documents(survivor)).map(({ uri }) => uri))
      expect([...accepted].filter((uri) => !kept.has(uri))).toEqual([])
      await expectInStep(survivor)
    } finally {
      await drop()
    }
  })
})

const pathOf = (index: number): string => join(source, `file-${index}.md`)

function write(from: number, to: number, more = ''): void {
  for (let index = from; index < to; index += 1) {
    writeFileSync(
      pathOf(index),
      `# Station ${index}\n\nStation ${index} was opened in ${1800 + index} by engineer number ${index} ${more}.\n\n## Track\n\nIts track is ${index} metres long and crosses ${index % 7} bridges.\n`,
    )
  }
}

/** A sync, at a random moment of it: some documents are received, some of them indexed, some gone. */
async function begun(daemon: TestDaemon): Promise<{ done: ReturnType<typeof sync> }> {
  const moment = Promise.withResolvers<void>()
  let left = Math.random() * 60
  const count = () => {
    left -= 1
    if (left < 0) moment.resolve()
  }
  const done = sync(daemon, count)
  await Promise.race([done, moment.promise])
  await sleep(Math.random() * 300)
  return { done }
}

/** As `chatbot ingest FOLDER --prune` does it; `onSign` hears of results and of looks at the job. */
function sync({ api }: TestDaemon, onSign = () => {}) {
  const options = { root: folder }
  return syncSource({
    api,
    collection: 'default',
    place: { kind: 'folder', location: source, machine: machineOf({ kind: 'folder' }), options },
    read: () => expandSource('folder', source, { ...options, extensions: new Set(['.md']) }),
    prune: async (left) => left,
    onResult: onSign,
    onProgress: onSign,
    jobs: 4,
    maxFileBytes: 1e6,
  })
}

const restore = ({ api }: TestDaemon, archive: string) =>
  api.restore({ stream: createReadStream(archive), bytes: statSync(archive).size })

async function kill(daemon: TestDaemon): Promise<void> {
  daemon.process.kill('SIGKILL')
  await daemon.exited
}

/** When the daemons have done what was accepted. */
async function settled({ api }: TestDaemon): Promise<void> {
  await until(async () => ((await api.call('status', {})).indexing.length === 0 ? true : undefined))
}

const documents = async ({ api }: TestDaemon) =>
  (await api.call('listDocuments', { query: { limit: 1000 } })).documents

const openRebuild = async ({ api }: TestDaemon) =>
  (await api.call('listJobs', { query: {} })).jobs.find(
    ({ kind, state }) => kind === 'rebuild' && state === 'running',
  )

async function rebuild({ api }: TestDaemon, model: string) {
  const { job } = await api.call('rebuildIndex', { params: { name: 'default' }, body: { model } })
  if (job === null) throw new Error(`the index is of ${model} already`)
  return job
}

/** The model whose index is searched: one, and of all documents. */
async function live({ api }: TestDaemon): Promise<string | undefined> {
  const { generations } = await api.call('listIndex', {})
  const active = generations.filter(({ state }) => state === 'active')
  expect(active).toMatchObject([{ documents: REBUILT }])
  return active[0]?.reference
}

async function expectClean({ api }: TestDaemon): Promise<void> {
  const request = { params: { name: 'default' }, body: { fix: false } }
  expect((await api.call('verifyIndex', request)).problems).toEqual([])
}

/** A sync completes; what is indexed is then what is in the folder, and a further one has nothing to do. */
async function expectInStep(daemon: TestDaemon): Promise<void> {
  const { results, stopped } = await sync(daemon)
  expect(stopped).toBeUndefined()
  expect(results.filter(({ status }) => status === 'failed')).toEqual([])
  const { files } = await expandSource('folder', source, { root: folder, extensions: new Set(['.md']) })
  const held = await documents(daemon)
  expect(held.map(({ uri }) => uri).toSorted()).toEqual(files.map(({ uri }) => uri).toSorted())
  const [generation, ...others] = (await daemon.api.call('listIndex', {})).generations
  expect(others).toEqual([])
  expect(generation).toMatchObject({
    documents: files.length,
    chunks: held.reduce((sum, { chunks }) => sum + chunks, 0),
  })
  await expectClean(daemon)
  expect((await sync(daemon)).results.every(({ status }) => status === 'unchanged')).toBe(true)
}
