import { mkdtemp, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningEmbedder, startEmbedder } from '../../../models/embedder.ts'
import { installedEmbedder, installedGenerator, installedReranker } from '../../../models/installed.ts'
import { startReranker } from '../../../models/reranker.ts'
import {
  type Files,
  TABLE,
  tinyEmbedder,
  tinyReranker,
  writeFolder,
  writeHubCache,
} from '../../support/tiny-models.ts'

const COMMIT = 'c0ffee'.padEnd(40, '0')
const PASSAGE = { as: 'passage', priority: 'ingest' } as const
const [CLS, SEP, RED, BLUE] = [2, 3, 4, 6] as const

let cache: string
let count = 0
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'chatbot-models-'))
})
afterAll(() => rm(cache, { recursive: true }))

async function inCache(files: Files): Promise<string> {
  const name = `tiny/model-${count++}`
  await writeHubCache(cache, name, COMMIT, files)
  return name
}

async function vectorOf(reference: string, text: string): Promise<number[]> {
  const embedder = await startEmbedder({ model: await installedEmbedder(reference, cache), workers: 1 })
  await using _ = { [Symbol.asyncDispose]: () => embedder.close() }
  const [embedding] = await embedder.embed([text], PASSAGE)
  return [...(embedding?.vector ?? [])]
}

const rows = (ids: readonly number[]) => ids.map((id) => TABLE[id] ?? [])
const sum = (vectors: readonly (readonly number[])[]) =>
  vectors.reduce((total, vector) => total.map((value, i) => value + (vector[i] ?? 0)))
const unit = (vector: readonly number[]) => vector.map((value) => value / Math.hypot(...vector))
const close = (expected: readonly number[]) => expected.map((value) => expect.closeTo(value, 5))

describe('an embedder', () => {
  const tokens = rows([CLS, RED, BLUE, SEP])

  it.each([
    ['pooling_mode_mean_tokens', unit(sum(tokens))],
    ['pooling_mode_cls_token', unit(TABLE[CLS] ?? [])],
    ['pooling_mode_lasttoken', unit(TABLE[SEP] ?? [])],
    ['pooling_mode_max_tokens', unit([1, 1, 1.5, 0])],
  ])('is pooled as its files say: %s', async (mode, expected) => {
    expect(await vectorOf(await inCache(tinyEmbedder(mode)), 'red blue')).toEqual(close(expected))
  })

  it('of halves gives the same, and is asked for by its variant', async () => {
    const name = await inCache(tinyEmbedder())
    const model = await installedEmbedder(`${name}:fp16`, cache)
    expect(model.onnx).toBe('onnx/model_fp16.onnx')
    expect(await vectorOf(`${name}:fp16`, 'red blue')).toEqual(close(unit(sum(tokens))))
    expect((await installedEmbedder(name, cache)).onnx).toBe('onnx/model.onnx')
    await expect(installedEmbedder(`${name}:q4`, cache)).rejects.toMatchObject({
      code: 'unknown_model',
      message: expect.stringContaining('installed as fp32, fp16, not as q4'),
    })
  })

  it('is found by branch, commit and folder, with an identity of files and use', async () => {
    const name = await inCache(tinyEmbedder('pooling_mode_cls_token'))
    const model = await installedEmbedder(name, cache)
    expect(model).toMatchObject({
      name,
      dimensions: 4,
      maxTokens: 16,
      pooling: 'cls',
      prefixes: { query: '', passage: '' },
      fingerprint: expect.stringMatching(/^tiny\/model-\d+@[0-9a-f]{12}$/),
    })
    expect(Object.keys(model.checksums)).toContain('onnx/model.onnx_data')
    expect(await installedEmbedder(`${name}@${COMMIT}`, cache)).toEqual(model)
    const folder = join(cache, 'a-folder')
    await writeFolder(folder, tinyEmbedder('pooling_mode_cls_token'))
    expect((await installedEmbedder(folder, cache)).checksums).toEqual(model.checksums)
    const other = await inCache(tinyEmbedder('pooling_mode_mean_tokens'))
    expect((await installedEmbedder(other, cache)).fingerprint.split('@')[1]).not.toBe(
      model.fingerprint.split('@')[1],
    )
  })

  it('of a well-known family gets its prefixes and pooling, under its own name or its base model’s', async () => {
    const files = tinyEmbedder()
    await writeHubCache(cache, 'Xenova/multilingual-e5-small', COMMIT, files)
    expect(await installedEmbedder('Xenova/multilingual-e5-small', cache)).toMatchObject({
      pooling: 'mean',
      prefixes: { query: 'query: ', passage: 'passage: ' },
    })
    const name = await inCache({ ...files, 'README.md': '---\nbase_model: BAAI/bge-small-en-v1.5\n---\n' })
    expect(await installedEmbedder(name, cache)).toMatchObject({
      pooling: 'cls',
      prefixes: { query: 'Represent this sentence for searching relevant passages: ', passage: '' },
    })
    const prompts = { prompts: { query: 'q: ', document: 'd: ' } }
    const own = await inCache({ ...files, 'config_sentence_transformers.json': JSON.stringify(prompts) })
    expect((await installedEmbedder(own, cache)).prefixes).toEqual({ query: 'q: ', passage: 'd: ' })
  })
})

describe('a reranker', () => {
  it('scores pairs, cut to its longest input', async () => {
    const reranker = await startReranker(await installedReranker(await inCache(tinyReranker()), cache))
    const options = { withinMs: 60_000, signal: new AbortController().signal }
    // [CLS] red [SEP] blue blue [SEP]: one a token, and one more for each of the second text and its end.
    expect(await reranker.rerank('red', ['blue', 'blue blue', 'blue '.repeat(50)], options)).toEqual([
      7, 9, 29,
    ])
    expect(reranker.languages).toEqual(['en'])
    await reranker.close()
  })
})

describe('what cannot be used', () => {
  const config = { architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_size: 4 }

  it('is told apart', async () => {
    const unknown = {
      code: 'unknown_model',
      message: expect.stringContaining('chatbot models pull nobody/nothing'),
    }
    await expect(installedEmbedder('nobody/nothing', cache)).rejects.toMatchObject(unknown)
    await expect(installedEmbedder(join(cache, 'nowhere'), cache)).rejects.toMatchObject({
      code: 'unknown_model',
    })
    for (const text of ['../x', 'org/../..', 'name', 'a/b/c', '--flag/x', 'a--b/c', 'org/name@..'])
      await expect(installedEmbedder(text, cache), text).rejects.toMatchObject({ code: 'bad_request' })
    const generator = await inCache({ ...tinyEmbedder(), 'config.json': JSON.stringify(config) })
    await expect(installedEmbedder(generator, cache)).rejects.toMatchObject({
      code: 'unsupported_model',
      message: expect.stringContaining('it is a generator, not an embedder'),
    })
    expect(await installedGenerator(generator, cache)).toMatchObject({ onnx: 'onnx/model.onnx' })
    await expect(installedReranker(await inCache(tinyReranker(3)), cache)).rejects.toMatchObject({
      code: 'unsupported_model',
      message: expect.stringContaining('3 classes'),
    })
    const modules = JSON.stringify([{ path: '2_Dense', type: 'sentence_transformers.models.Dense' }])
    const dense = await inCache({ ...tinyEmbedder(), 'modules.json': modules })
    await expect(installedEmbedder(dense, cache)).rejects.toMatchObject({ code: 'unsupported_model' })
    const { 'tokenizer.json': _, ...noTokenizer } = tinyEmbedder()
    const missing = { code: 'model_corrupt', message: expect.stringContaining('tokenizer.json') }
    await expect(installedEmbedder(await inCache(noTokenizer), cache)).rejects.toMatchObject(missing)
    await expect(
      installedEmbedder(await inCache({ ...tinyEmbedder(), 'config.json': '{"hidden_size"' }), cache),
    ).rejects.toMatchObject({ code: 'model_corrupt', message: expect.stringContaining('config.json') })
  })

  it('does not start: truncated, another width, more than the memory, no such provider', async () => {
    const start = async (files: Files, options = {}): Promise<RunningEmbedder> =>
      startEmbedder({ model: await installedEmbedder(await inCache(files), cache), workers: 1, ...options })

    const name = await inCache(tinyEmbedder())
    const model = await installedEmbedder(name, cache)
    await truncate(join(model.folder, 'onnx/model.onnx_data'), 8)
    await expect(startEmbedder({ model, workers: 1 })).rejects.toMatchObject({
      code: 'model_corrupt',
      message: expect.stringContaining('model.onnx_data'),
    })
    const wide = { ...tinyEmbedder(), 'config.json': JSON.stringify({ hidden_size: 8 }) }
    await expect(start(wide)).rejects.toMatchObject({
      code: 'model_corrupt',
      detail: expect.stringContaining('vectors of 4 numbers'),
    })
    const garbage = { ...tinyEmbedder(), 'onnx/model.onnx': 'not a network' }
    await expect(start(garbage)).rejects.toMatchObject({ code: 'model_corrupt' })
    await expect(start(tinyEmbedder(), { workers: 1e9 })).rejects.toMatchObject({ code: 'model_too_large' })
    await expect(start(tinyEmbedder(), { provider: 'cuda' })).rejects.toMatchObject({
      code: 'provider_unavailable',
      message: expect.stringContaining('models.executionProvider is `cuda`'),
    })
  })
})
