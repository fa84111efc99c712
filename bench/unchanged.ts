/**
 * A second ingest of files that did not change, as a user runs it: files per second, and where the time goes.
 *
 *   npm run build && node bench/unchanged.ts [FILES]
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { startPglite } from '../daemon/pglite/pglite.ts'
import { expandSource } from '../src/client/files/expand.ts'
import { hashFiles } from '../src/client/sync/ingest.ts'
import { packageRoot } from '../src/config/package-root.ts'
import { runtimePaths } from '../src/config/runtime-paths.ts'
import { LOCAL_PRINCIPAL } from '../src/domain/principal.ts'
import { openStore } from '../src/store/open.ts'
import { documentOf, vectorOf } from '../test/conformance/store-fixtures.ts'
import { putEmbedded } from '../test/support/put-embedded.ts'

const files = Number(process.argv[2] ?? 10_000)
const FOLDER_SIZE = 100
const RUNS = 5

const dir = realpathSync(mkdtempSync(join(tmpdir(), 'chatbot-bench-')))
const docs = join(dir, 'docs')
const env = {
  ...process.env,
  HOME: dir,
  CHATBOT_DATA_DIR: join(dir, 'data'),
  CHATBOT_SERVER_PORT: '0',
  CHATBOT_DAEMON_START_TIMEOUT_MS: '300000',
}
const run = promisify(execFile)
const chatbot = async (...args: readonly string[]) => {
  const { stdout } = await run(process.execPath, [join(packageRoot(), 'bin', 'chatbot.js'), ...args], {
    env,
    maxBuffer: 1024 ** 3,
  })
  return stdout
}
const reportSchema = z.object({ totals: z.object({ files: z.int(), unchanged: z.int() }) })

try {
  for (let index = 0; index < files; index++) {
    const folder = join(docs, String(Math.floor(index / FOLDER_SIZE)))
    if (index % FOLDER_SIZE === 0) mkdirSync(folder, { recursive: true })
    const text = `# Notes\n\n${'The daemon owns the database, the models and the server. '.repeat(20)}`
    writeFileSync(join(folder, `${index}.md`), `${text}\n${' '.repeat(index % 1000)}\n`)
  }
  // Makes the collection, its index and its source.
  await chatbot('ingest', docs, '--include', '/0/0.md')
  await chatbot('stop')
  console.log(`${files} files, in the database after ${await seconds(seed)} s`)
  await chatbot('start')

  for (let round = 0; round < RUNS; round++) {
    let totals = { files: 0, unchanged: 0 }
    const time = await seconds(async () => {
      totals = reportSchema.parse(JSON.parse(await chatbot('ingest', docs, '--json'))).totals
    })
    if (totals.unchanged !== files) throw new Error(`${totals.unchanged} of ${files} files were unchanged`)
    console.log(`second run: ${time} s, ${Math.round(files / time)} files/s with the start of the command`)
  }

  let found: Awaited<ReturnType<typeof expandSource>> | undefined
  const walked = await seconds(async () => {
    found = await expandSource('folder', docs, { extensions: new Set(['.md']) })
  })
  const hashed = await seconds(() => hashFiles(found?.files ?? [], {}, (failure) => console.error(failure)))
  const nothing = await seconds(() => chatbot('ingest', join(docs, '0'), '--dry-run', '--json'))
  console.log(
    `of that: reading the folders ${walked} s, hashing ${hashed} s, a run over one folder ${nothing} s`,
  )
} finally {
  await chatbot('stop').catch(() => undefined)
  rmSync(dir, { recursive: true, force: true })
}

/** Writes the documents as an ingest would, but for parsing and embedding: the bench is about the run after that. */
async function seed(): Promise<void> {
  const paths = runtimePaths(join(dir, 'data'))
  const pglite = await startPglite({ dataDir: paths.database, socketPath: paths.databaseSocket })
  const store = await openStore({ connection: pglite.connection, embedded: true })
  const [source] = await store.sources.list(LOCAL_PRINCIPAL)
  const [generation] = await store.index.list(LOCAL_PRINCIPAL)
  if (source === undefined || generation === undefined) throw new Error('nothing was ingested')
  const { spec } = generation
  const found = await expandSource('folder', docs, { extensions: new Set(['.md']) })
  for (const { uri, hash, bytes } of await hashFiles(found.files, {}, (failure) => console.error(failure))) {
    const { document, chunks } = documentOf(uri, ['The daemon owns the database.'])
    const embedded = chunks.map((chunk) => ({ ...chunk, vector: vectorOf('same', spec.dimensions) }))
    const values = { ...document, hash, bytes, source: source.id }
    await putEmbedded(store, LOCAL_PRINCIPAL, source.collection, spec, values, embedded)
  }
  await store.maintain()
  await store.close()
  await pglite.close()
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return Math.round((performance.now() - start) / 10) / 100
}
