/**
 * Chunks a second of an ingest through the daemon, on PGlite and, where DATABASE_URL_TEST names one, on PostgreSQL,
 * against a bare onnxruntime-node loop over the same tokens before, between and after them; and the most memory that
 * the daemon and its children had together. What the database does after the last chunk, such as building an
 * approximate index, is not in it.
 *
 *     node bench/ingest.ts [chunks]
 *
 * Needs `node bench/corpus.ts CHUNKS`. An hour of two cores for 100,000.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { builtinModel } from '../models/builtin.ts'
import { loadTokenizer } from '../models/tokenizer.ts'
import { ingestFiles } from '../src/client/sync/ingest.ts'
import { embedInput } from '../src/text/embed-input.ts'
import { startTestDaemon } from '../test/support/daemon.ts'
import { createDatabase, postgresUrl } from '../test/support/database.ts'
import { CORPUS_FILES, corpusChunks } from './corpus.ts'

const wanted = Number(process.argv[2] ?? 2000)
/** Passages of the bare loop, of all chunks evenly: more would tell nothing more. */
const BARE = 6000
const SAMPLE_MS = 250

const model = builtinModel()
const tokenizer = loadTokenizer(model.folder)
const session = await InferenceSession.create(join(model.folder, model.onnx), {
  intraOpNumThreads: 2,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
})

const uris = new Set<string>()
/** Of each text once: neither way embeds equal ones twice. */
const texts = new Map<string, string>()
let all = 0
for await (const { uri, hash, embedText } of corpusChunks(wanted)) {
  uris.add(uri)
  texts.set(hash, embedText)
  all += 1
}
const files = [...uris].map((uri) => ({ path: join(CORPUS_FILES, uri), uri }))
const passages = [...texts.values()]
const parts = postgresUrl === undefined ? 2 : 3
const stride = Math.max(1, Math.ceil(passages.length / BARE))
const encoded = passages
  .filter((_, index) => index % stride === 0)
  .map((text) => tokenizer.encode(model.prefixes.passage + embedInput(text), model.maxTokens).ids)
const tokens = encoded.reduce((sum, ids) => sum + ids.length, 0) / encoded.length
console.log(
  `${files.length} files, about ${all} chunks, ${passages.length} different ones, of ${Math.round(tokens)} tokens`,
)

const bare: number[] = []
const results: { name: string; perSecond: number; seconds: number; chunks: number; peak: number }[] = []
await bareLoop(0)
await ingest('PGlite', {})
await bareLoop(1)
if (postgresUrl === undefined) {
  console.log('DATABASE_URL_TEST is not set: no PostgreSQL')
} else {
  const { connectionString, drop } = await createDatabase()
  try {
    await ingest('PostgreSQL', { DATABASE_URL: connectionString })
  } finally {
    await drop()
  }
  await bareLoop(2)
}
await session.release()

console.log(
  '\ningest        chunks   seconds  chunks/s   of the bare loop   peak memory, daemon and children',
)
for (const [at, { name, chunks, seconds, perSecond, peak }] of results.entries()) {
  const reference = ((bare[at] ?? Number.NaN) + (bare[at + 1] ?? Number.NaN)) / 2
  console.log(
    [
      name.padEnd(12),
      String(chunks).padStart(8),
      seconds.toFixed(1).padStart(10),
      perSecond.toFixed(1).padStart(10),
      (perSecond / reference).toFixed(3).padStart(19),
      `${Math.round(peak / 1e6)} MB`.padStart(35),
    ].join(''),
  )
}

/** One share of the passages, so that all of them meet the machine as it is around the ingests. */
async function bareLoop(part: number): Promise<void> {
  const mine = encoded.filter((_, index) => index % parts === part)
  const started = performance.now()
  for (const ids of mine) {
    const shape = [1, ids.length]
    await session.run({
      input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), shape),
      attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape),
    })
  }
  const perSecond = mine.length / ((performance.now() - started) / 1000)
  bare.push(perSecond)
  console.log(`bare loop: ${perSecond.toFixed(1)} passages/s`)
}

async function ingest(name: string, env: Readonly<Record<string, string>>): Promise<void> {
  await using daemon = await startTestDaemon({ env: { CHATBOT_LOG_LEVEL: 'info', ...env } })
  const pid = daemon.process.pid ?? 0
  let peak = 0
  const sampling = setInterval(() => {
    peak = Math.max(peak, memoryOf(pid))
  }, SAMPLE_MS)
  const started = performance.now()
  const { results: outcomes, stopped } = await ingestFiles({
    api: daemon.api,
    collection: 'bench',
    files,
    jobs: 4,
    maxFileBytes: 1e9,
  })
  const seconds = (performance.now() - started) / 1000
  clearInterval(sampling)
  if (stopped !== undefined) throw stopped
  const failed = outcomes.filter(({ status }) => status !== 'indexed')
  if (failed.length > 0) console.log(`${failed.length} files were not indexed`, failed.slice(0, 3))
  const chunks = outcomes.reduce((sum, result) => sum + (result.status === 'indexed' ? result.chunks : 0), 0)
  // The last document may go on behind the chunks that are counted, and some chunks are equal.
  const perSecond = (chunks * (passages.length / all)) / seconds
  results.push({ name, perSecond, seconds, chunks, peak })
  console.log(`${name}: ${perSecond.toFixed(1)} different chunks/s`)
}

/** Resident bytes of a process and all that it started, shared pages counted in each. */
function memoryOf(root: number): number {
  const parents = new Map<number, number>()
  const resident = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8')
      parents.set(Number(name), Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0))
      resident.set(Number(name), Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024)
    } catch {
      // It has ended meanwhile.
    }
  }
  const within = (pid: number): boolean => pid === root || (pid > 1 && within(parents.get(pid) ?? 0))
  return [...resident].reduce((sum, [pid, bytes]) => sum + (within(pid) ? bytes : 0), 0)
}
