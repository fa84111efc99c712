/** From files to vectors in a database: real parser processes, the real model, PGlite. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDocumentParser } from '../../daemon/parser/document-parser.ts'
import { builtinModel } from '../../models/builtin.ts'
import { type RunningEmbedder, startEmbedder } from '../../models/embedder.ts'
import type { IndexSpec } from '../../src/domain/document.ts'
import { LOCAL_PRINCIPAL } from '../../src/domain/principal.ts'
import { type IngestFile, readDocument } from '../../src/ingest/read.ts'
import { SPLITTER_VERSION } from '../../src/ingest/split/splitter.ts'
import { ingestOne } from '../../src/jobs/ingest-one.ts'
import { type JobRunner, startJobRunner } from '../../src/jobs/runner.ts'
import type { Embedder } from '../../src/ports/embedder.ts'
import type { DocumentParser } from '../../src/ports/parser.ts'
import { pgliteDatabase, type TestDatabase } from '../support/database.ts'

const model = builtinModel()
const limits = {
  maxTextLength: 1_000_000,
  memoryMegabytes: 1024,
  timeoutMs: 60_000,
  folderOf: async () => model.folder,
}
let folder: string
let database: TestDatabase
let embedder: RunningEmbedder
let parser: DocumentParser
let jobs: JobRunner
let spec: IndexSpec
let embedded = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chatbot-ingest-'))
  database = await pgliteDatabase()
  embedder = await startEmbedder({ model })
  parser = startDocumentParser(limits)
  const { fingerprint, dimensions } = embedder.model
  spec = { reference: 'builtin', model: fingerprint, dimensions, splitter: SPLITTER_VERSION }
  await database.store.collections.create(LOCAL_PRINCIPAL, 'docs')
  const counted: Embedder = {
    model: embedder.model,
    embed: (texts, options) => {
      embedded += texts.length
      return embedder.embed(texts, options)
    },
  }
  const indexing = { embedder: counted, spec }
  jobs = await startJobRunner({
    store: database.store,
    specs: { of: async () => indexing, with: async () => indexing },
    recut: parser.recut,
    alone: true,
    onError: () => {},
  })
})
afterAll(async () => {
  await jobs.stop()
  await parser.close()
  await embedder.close()
  await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const data = (name: string): string => fileURLToPath(new URL(`../data/documents/${name}`, import.meta.url))

async function fileOf(path: string, uri: string): Promise<IngestFile> {
  const bytes = await readFile(path)
  return { path, uri, bytes: bytes.length, hash: createHash('sha256').update(bytes).digest('hex') }
}

async function written(uri: string, content: string): Promise<IngestFile> {
  const path = join(folder, `upload-${embedded}-${Math.random()}`)
  await writeFile(path, content)
  return fileOf(path, uri)
}

async function ingest(file: IngestFile, signal = new AbortController().signal) {
  const read = await readDocument(file, spec.reference, { parser, signal })
  const { store } = database
  return ingestOne(LOCAL_PRINCIPAL, { collection: 'docs', spec }, read, { store, jobs })
}

const section = (i: number): string =>
  `## Section ${i}\n\n${`Paragraph ${i} explains setting number ${i} of the daemon in a few plain words. `.repeat(6)}\n\n`

describe('a single document', () => {
  it('stores the text with chunks that a question finds', async () => {
    const result = await ingest(await fileOf(data('guide.md'), 'docs/guide.md'))
    expect(result).toMatchObject({
      status: 'indexed',
      document: { uri: 'docs/guide.md', title: 'Operations guide', warnings: [] },
    })
    const [question] = await embedder.embed(['Which option sets the TCP port?'], {
      as: 'query',
      priority: 'question',
    })
    const [best] = await database.store.index.nearest(LOCAL_PRINCIPAL, {
      collections: await database.store.collections.readable(LOCAL_PRINCIPAL, ['docs']),
      model: spec.model,
      vector: question?.vector ?? new Float32Array(),
      limit: 1,
    })
    const { text } = await database.store.documents.text(LOCAL_PRINCIPAL, 'docs/guide.md')
    expect(text).toBe(await readFile(data('guide.md'), 'utf8'))
    expect(best?.text).toContain('| `port` | TCP port |')
    expect(text.slice(best?.start, best?.end)).toBe(best?.text)
    expect(text.split('\n')[(best?.line ?? 0) - 1]).toBe(best?.text.split('\n')[0])
  })

  it('embeds nothing again, and only what is new in a changed document', async () => {
    const sections = Array.from({ length: 12 }, (_, i) => section(i))
    const first = await ingest(await written('long.md', `# Long\n\n${sections.join('')}`))
    expect(first.document.chunks).toBe(12)
    embedded = 0
    const same = await written('long.md', `# Long\n\n${sections.join('')}`)
    expect((await ingest(same)).status).toBe('unchanged')
    expect(embedded).toBe(0)
    const changed = await ingest(
      await written('long.md', `# Long\n\n${sections.with(5, section(99)).join('')}`),
    )
    expect(changed).toMatchObject({ status: 'indexed', document: { id: first.document.id, chunks: 12 } })
    expect(embedded).toBe(1)
  })

  it('warns of a script that the model does not know, and of a guessed encoding', async () => {
    const chinese = await ingest(await written('zh.txt', '这是一个测试文件。没有人认识这些字。'.repeat(20)))
    expect(chinese.document.warnings).toEqual([expect.stringMatching(/% of the text.*English and Russian/u)])
    const cp1251 = await ingest(await fileOf(data('leave.cp1251.txt'), 'leave.txt'))
    expect(cp1251.document.warnings).toEqual([expect.stringContaining('windows-1251')])
    expect(cp1251.document.language).toBe('ru')
  })

  it('passes on why a file is refused, and goes on', async () => {
    await expect(ingest(await written('a.md', ''))).rejects.toMatchObject({ code: 'document_empty' })
    await expect(ingest(await fileOf(data('damaged.txt'), 'd.txt'))).rejects.toMatchObject({
      code: 'invalid_encoding',
    })
    await expect(ingest(await fileOf(data('garbage.bin'), 'g.txt'))).rejects.toMatchObject({
      code: 'unsupported_format',
    })
    await expect(ingest(await written('big.txt', 'word '.repeat(250_000)))).rejects.toMatchObject({
      code: 'document_too_large',
    })
    expect((await ingest(await written('b.md', 'Fine.'))).status).toBe('indexed')
    expect(await database.store.jobs.list(LOCAL_PRINCIPAL, 10)).toEqual([])
  })

  it('leaves nothing behind when it is cancelled', async () => {
    const controller = new AbortController()
    const file = await written('cancelled.md', Array.from({ length: 80 }, (_, i) => section(i)).join(''))
    const done = ingest(file, controller.signal)
    controller.abort()
    await expect(done).rejects.toMatchObject({ code: 'cancelled' })
    await expect(database.store.documents.get(LOCAL_PRINCIPAL, 'cancelled.md')).rejects.toMatchObject({
      code: 'unknown_document',
    })
  })
})

describe('document parser', () => {
  const hostile = '<div>'.repeat(2_000_000)
  const parse = async (own: DocumentParser, content: string, uri: string, signal?: AbortSignal) => {
    const { path } = await written(uri, content)
    return own.parse({ path, uri, ...(signal ? { signal } : {}) })
  }

  it('brings a large document over whole', async () => {
    const source = Array.from({ length: 1800 }, (_, i) => section(i)).join('')
    const document = await parse(parser, source, 'large.md')
    expect(document.text).toBe(source)
    expect(document.chunks).toHaveLength(1800)
    for (const { start, end, text, embedText, ordinal } of document.chunks) {
      expect(source.slice(start, end)).toBe(text)
      expect(embedText.endsWith(text)).toBe(true)
      expect(document.chunks[ordinal]?.start).toBe(start)
    }
  })

  it('ends a document that takes too long, and reads the next', async () => {
    const own = startDocumentParser({ ...limits, timeoutMs: 1000, processes: 1 })
    await expect(parse(own, hostile, 'a.html')).rejects.toMatchObject({
      code: 'parser_failed',
      message: expect.stringContaining('longer than 1s'),
    })
    await own.close()
    const patient = startDocumentParser({ ...limits, processes: 1 })
    expect((await parse(patient, 'Next.', 'a.md')).chunks).toHaveLength(1)
    await patient.close()
  })

  it('ends a document that needs too much memory', async () => {
    const own = startDocumentParser({ ...limits, memoryMegabytes: 256 })
    await expect(parse(own, '<p>x</p>'.repeat(2_000_000), 'a.html')).rejects.toMatchObject({
      code: 'parser_failed',
      message: expect.stringContaining('256 MB'),
    })
    expect((await parse(own, 'Next.', 'a.md')).chunks).toHaveLength(1)
    await own.close()
  })

  it('stops when asked, also documents that wait', async () => {
    const own = startDocumentParser({ ...limits, processes: 1 })
    const controller = new AbortController()
    const both = [
      parse(own, hostile, 'a.html', controller.signal),
      parse(own, 'Waits.', 'b.md', controller.signal),
    ]
    const results = Promise.allSettled(both)
    controller.abort()
    for (const result of await results)
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'cancelled' } })
    expect((await parse(own, 'Next.', 'a.md')).chunks).toHaveLength(1)
    const running = parse(own, hostile, 'a.html')
    const waiting = parse(own, 'Waits.', 'b.md')
    const rejected = Promise.all([
      expect(running).rejects.toMatchObject({ code: 'draining' }),
      expect(waiting).rejects.toMatchObject({ code: 'draining' }),
    ])
    await own.close()
    await rejected
  })

  it('does not outlive a daemon that is killed', async ({ skip }) => {
    skip(process.platform !== 'linux', 'children are found in /proc')
    const { path } = await written('a.html', hostile)
    const entry = fileURLToPath(new URL('../support/parser-host.ts', import.meta.url))
    const host = spawn(process.execPath, [entry, path], { stdio: 'ignore' })
    const childOf = async () =>
      Number((await readFile(`/proc/${host.pid}/task/${host.pid}/children`, 'utf8')).trim())
    await expect.poll(childOf, { timeout: 20_000 }).toBeGreaterThan(0)
    const parserPid = await childOf()
    const exited = once(host, 'exit')
    host.kill('SIGKILL')
    await exited
    // Busy with the page, it does not see its channel close: its watching thread must.
    const state = () => readFile(`/proc/${parserPid}/stat`, 'utf8').catch(() => 'gone')
    await expect.poll(state, { timeout: 20_000 }).toMatch(/^gone$|\) Z/u)
  })
})
