import { readFileSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { builtinModel } from '../../../models/builtin.ts'
import { type RunningEmbedder, startEmbedder } from '../../../models/embedder.ts'
import { verifyModel } from '../../../models/verify.ts'
import { cosine } from '../../../src/domain/cosine.ts'

const model = builtinModel()
const PASSAGE = { as: 'passage', priority: 'ingest' } as const
const QUESTION = { as: 'query', priority: 'question' } as const
const reference = z
  .object({
    rows: z.array(z.object({ input: z.string(), tokens: z.int(), vector: z.array(z.number()) })),
  })
  .parse(JSON.parse(readFileSync(new URL('../../data/embedder-reference.json', import.meta.url), 'utf8')))

describe('embedder', () => {
  let embedder: RunningEmbedder
  beforeAll(async () => {
    embedder = await startEmbedder({ model, maxQuestions: 4 })
  })
  afterAll(() => embedder.close())

  it('starts onnxruntime with its telemetry off', () => {
    expect(process.env.ORT_DISABLE_TELEMETRY).toBe('1')
  })

  it('describes its model', () => {
    expect(embedder.model).toEqual({
      name: 'multilingual-e5-small-en-ru',
      fingerprint: 'multilingual-e5-small-en-ru@5d8a601807fc',
      dimensions: 384,
      maxTokens: 512,
    })
  })

  it('gives the vectors of the reference implementation, with the right prefixes', async () => {
    for (const { input, tokens, vector } of reference.rows) {
      const query = input.startsWith('query: ')
      const [embedding] = await embedder.embed(
        [input.slice(query ? 'query: '.length : 'passage: '.length)],
        query ? QUESTION : PASSAGE,
      )
      expect(embedding?.tokens).toBe(tokens)
      // Kernels differ with the processor's instruction set, so vectors differ in the last digits.
      expect(cosine(embedding?.vector ?? [], vector)).toBeGreaterThan(0.999)
    }
  })

  it('returns many texts in order, and the same text always the same vector', async () => {
    const texts = Array.from({ length: 40 }, (_, i) => `text number ${i % 10} ${'and more '.repeat(i % 10)}`)
    const embeddings = await embedder.embed(texts, PASSAGE)
    expect(embeddings).toHaveLength(40)
    for (let i = 10; i < 40; i++) expect(embeddings[i]?.vector).toEqual(embeddings[i % 10]?.vector)
    const [alone] = await embedder.embed([texts[7] ?? ''], PASSAGE)
    expect(alone?.vector).toEqual(embeddings[7]?.vector)
    expect(cosine(alone?.vector ?? [], alone?.vector ?? [])).toBeCloseTo(1, 4)
  })

  it('reports cut texts and scripts that the model does not know', async () => {
    const [long, chinese] = await embedder.embed(
      ['слово '.repeat(3000), '这是一个测试文件没有人认识'],
      PASSAGE,
    )
    expect(long).toMatchObject({ tokens: 512, truncated: true, unknown: 0 })
    expect(chinese?.unknown).toBeGreaterThan(0.5)
  })

  it('takes a question before the ingest work that waits', async () => {
    const order: string[] = []
    const ingest = embedder
      .embed(
        Array.from({ length: 30 }, (_, i) => `passage ${i} ${'with words '.repeat(30)}`),
        PASSAGE,
      )
      .then(() => order.push('ingest'))
    await embedder.embed(['What is first?'], QUESTION).then(() => order.push('question'))
    expect(embedder.queued()).toBeGreaterThan(20)
    await ingest
    expect(order).toEqual(['question', 'ingest'])
    expect(embedder.queued()).toBe(0)
  })

  it('drops texts whose caller has gone', async () => {
    const controller = new AbortController()
    const job = embedder.embed(
      Array.from({ length: 500 }, (_, i) => `passage ${i} ${'with words '.repeat(50)}`),
      { ...PASSAGE, signal: controller.signal },
    )
    controller.abort()
    await expect(job).rejects.toMatchObject({ code: 'cancelled' })
    expect(embedder.queued()).toBe(0)
    await expect(embedder.embed(['x'], { ...PASSAGE, signal: controller.signal })).rejects.toMatchObject({
      code: 'cancelled',
    })
    expect(await embedder.embed(['still here'], QUESTION)).toHaveLength(1)
  })

  it('refuses questions beyond its bound', async () => {
    const asked = Array.from({ length: 12 }, (_, i) => embedder.embed([`question ${i}`], QUESTION))
    const results = await Promise.allSettled(asked)
    const refused = results.filter((result) => result.status === 'rejected')
    expect(refused.length).toBe(4)
    expect(refused[0]?.reason).toMatchObject({ code: 'overloaded', retryAfterMs: 1000 })
  })

  it('rejects what waits when it is closed', async () => {
    const other = await startEmbedder({ model, workers: 1 })
    const job = other.embed(Array(50).fill('some words'), PASSAGE)
    const closed = other.close()
    await expect(job).rejects.toMatchObject({ code: 'draining' })
    await closed
    await expect(other.embed(['x'], QUESTION)).rejects.toMatchObject({ code: 'draining' })
  })
})

describe('a worker that dies', () => {
  const workerModule = new URL('../../data/crashing-embed-worker.ts', import.meta.url)

  it('is replaced, and its texts are tried once more', async () => {
    const embedder = await startEmbedder({ model, workers: 2, workerModule })
    const marker = join(await mkdtemp(join(tmpdir(), 'chatbot-crash-')), 'crashed')
    expect(await embedder.embed(['one', `crash unless ${marker}`, 'two'], PASSAGE)).toHaveLength(3)
    const job = embedder.embed(['one', 'crash', 'two'], PASSAGE)
    await expect(job).rejects.toMatchObject({ code: 'internal' })
    expect(await embedder.embed(['three', 'four'], PASSAGE)).toHaveLength(2)
    await embedder.close()
  })
})

describe('verifyModel', () => {
  let copy: string
  beforeAll(async () => {
    copy = await mkdtemp(join(tmpdir(), 'chatbot-model-'))
    for (const file of Object.keys(model.checksums)) {
      await mkdir(dirname(join(copy, file)), { recursive: true })
      await symlink(join(model.folder, file), join(copy, file))
    }
  })
  afterAll(() => rm(copy, { recursive: true }))

  it('accepts the built-in model', async () => {
    await verifyModel({ ...model, folder: copy })
  })

  it('names a file that was changed, and the embedder does not start', async () => {
    const path = join(copy, 'tokenizer.json')
    await rm(path)
    await copyFile(join(model.folder, 'tokenizer.json'), path)
    await writeFile(path, (await readFile(path, 'utf8')).replace('version', 'vorsion'))
    const corrupt = { code: 'model_corrupt', message: expect.stringContaining('tokenizer.json') }
    await expect(verifyModel({ ...model, folder: copy })).rejects.toMatchObject(corrupt)
    await expect(startEmbedder({ model: { ...model, folder: copy } })).rejects.toMatchObject(corrupt)
  })

  it('names a file that is missing', async () => {
    await rm(join(copy, model.onnx))
    await expect(verifyModel({ ...model, folder: copy })).rejects.toMatchObject({
      code: 'model_corrupt',
      message: expect.stringContaining('model_quantized.onnx'),
    })
  })
})
