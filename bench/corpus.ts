/**
 * A large corpus of real text: the HTML documentation of Debian packages, in English and Russian, parsed and cut
 * as `ingest` does it, embedded once with the built-in model and kept in `.cache/corpus`. Goes on where it stopped.
 *
 *     node bench/corpus.ts [chunks]
 *
 * Needs Debian's `apt-get download` and `dpkg-deb`; 72 MB to download, and about an hour of two cores for 100,000.
 */

import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { builtinModel } from '../models/builtin.ts'
import { startEmbedder } from '../models/embedder.ts'
import { loadTokenizer } from '../models/tokenizer.ts'
import { LANGUAGES } from '../src/domain/language.ts'
import { linesOf } from '../src/domain/lines.ts'
import { parseDocument } from '../src/ingest/parse.ts'
import { packedBlocksSchema } from '../src/ports/store/packed-blocks.ts'
import { embedInput } from '../src/text/embed-input.ts'

const PACKAGES = [
  'postgresql-doc-15',
  'nodejs-doc',
  'libreoffice-help-ru',
  'libreoffice-help-en-us',
  'python3.11-doc',
  'python-django-doc',
  'linux-doc-6.1',
  'sqlite3-doc',
]
const FOLDER = fileURLToPath(new URL('../.cache/corpus', import.meta.url))
/** What the uris of the chunks are relative to. */
export const CORPUS_FILES = join(FOLDER, 'files')
const CHUNKS = join(FOLDER, 'chunks.jsonl')
const VECTORS = join(FOLDER, 'vectors.f32')

const chunkSchema = z.object({
  uri: z.string(),
  title: z.string(),
  language: z.enum(LANGUAGES),
  ordinal: z.int(),
  start: z.int(),
  end: z.int(),
  heading: z.string(),
  text: z.string(),
  embedText: z.string(),
  tokens: z.int(),
  hash: z.string(),
  blocks: packedBlocksSchema.nullable().default(null),
})
export type CorpusChunk = z.infer<typeof chunkSchema>

/** The files, unpacked where they are not yet, taken from the packages in turn so that any beginning is a mixture. */
export function corpusFiles(): string[] {
  const root = CORPUS_FILES
  const lists = PACKAGES.map((name) => {
    const folder = join(root, name)
    if (!existsSync(folder)) {
      const debs = join(FOLDER, 'debs')
      mkdirSync(debs, { recursive: true })
      execFileSync('apt-get', ['download', '-qq', name], { cwd: debs, stdio: ['ignore', 'inherit', 'pipe'] })
      const deb = readdirSync(debs).find((file) => file.startsWith(`${name}_`))
      if (deb === undefined) throw new Error(`apt-get download brought no ${name}`)
      mkdirSync(root, { recursive: true })
      execFileSync('dpkg-deb', ['-x', join(debs, deb), folder])
    }
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.html'))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
  })
  const longest = Math.max(...lists.map((list) => list.length))
  return Array.from({ length: longest }, (_, i) =>
    lists.flatMap((list) => {
      // Spread, so that a package of few files is not used up at the beginning.
      const at = Math.floor((i * list.length) / longest)
      const before = Math.floor(((i - 1) * list.length) / longest)
      const file = list[at]
      return file === undefined || (i > 0 && at === before) ? [] : [file]
    }),
  ).flat()
}

/** The first chunks with their vectors; throws when fewer have been embedded. */
export async function* corpusChunks(limit: number): AsyncGenerator<CorpusChunk & { vector: Float32Array }> {
  const { dimensions } = builtinModel()
  const floats = readFileSync(VECTORS)
  const vectors = new Float32Array(floats.buffer, floats.byteOffset, floats.length / 4)
  let at = 0
  for await (const line of linesOf(createReadStream(CHUNKS, 'utf8'))) {
    if (at === limit) return
    const vector = vectors.subarray(at * dimensions, (at + 1) * dimensions)
    yield { ...chunkSchema.parse(JSON.parse(line)), vector }
    at++
  }
  if (at < limit) throw new Error(`The corpus has ${at} chunks: node bench/corpus.ts ${limit}`)
}

if (import.meta.filename === process.argv[1]) await embedCorpus(Number(process.argv[2] ?? 100_000))

async function embedCorpus(wanted: number): Promise<void> {
  const model = builtinModel()
  const row = model.dimensions * 4
  const files = corpusFiles()
  const tokenizer = loadTokenizer(model.folder)
  const embedder = await startEmbedder({ model })
  let { chunks, lastUri } = await resumed(row)
  const began = { at: Date.now(), chunks }
  for (const file of files.slice(
    lastUri === undefined ? 0 : files.findIndex((f) => uriOf(f) === lastUri) + 1,
  )) {
    if (chunks >= wanted) break
    const uri = uriOf(file)
    const parsed = await parseDocument(readFileSync(file), uri, tokenizer, { maxTextLength: 2 ** 25 }).catch(
      () => undefined,
    )
    if (parsed === undefined) continue
    const { title, language } = parsed
    const embeddings = await embedder.embed(
      parsed.chunks.map(({ embedText }) => embedInput(embedText)),
      { as: 'passage', priority: 'ingest' },
    )
    const lines = parsed.chunks.map(({ ordinal, start, end, heading, text, embedText, tokens, hash }) =>
      JSON.stringify({ uri, title, language, ordinal, start, end, heading, text, embedText, tokens, hash }),
    )
    // The vectors first: lines beyond them would have none.
    appendFileSync(
      VECTORS,
      Buffer.concat(embeddings.map(({ vector }) => Buffer.from(vector.buffer, vector.byteOffset, row))),
    )
    appendFileSync(CHUNKS, `${lines.join('\n')}\n`)
    const tens = Math.floor(chunks / 1000)
    chunks += lines.length
    if (Math.floor(chunks / 1000) > tens) {
      const rate = (chunks - began.chunks) / ((Date.now() - began.at) / 1000)
      console.error(`${chunks} chunks, ${rate.toFixed(1)}/s`)
    }
  }
  await embedder.close()
}

/** Where an earlier run stopped; a document that it had not finished goes. */
async function resumed(row: number): Promise<{ chunks: number; lastUri: string | undefined }> {
  if (!existsSync(CHUNKS)) return { chunks: 0, lastUri: undefined }
  let chunks = 0
  let lastUri: string | undefined
  for await (const line of linesOf(createReadStream(CHUNKS, 'utf8'))) {
    lastUri = chunkSchema.parse(JSON.parse(line)).uri
    chunks++
  }
  if (statSync(VECTORS).size > chunks * row) truncateSync(VECTORS, chunks * row)
  return { chunks, lastUri }
}

function uriOf(file: string): string {
  return relative(CORPUS_FILES, file)
}
