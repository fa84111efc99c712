import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningEmbedders, startEmbedders } from '../../../models/embedders.ts'
import { tinyEmbedder, writeFolder } from '../../support/tiny-models.ts'

const PASSAGE = { as: 'passage', priority: 'ingest' } as const
const names = ['one', 'two', 'three']
let folder: string
let embedders: RunningEmbedders
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chatbot-embedders-'))
  for (const name of names) await writeFolder(join(folder, name), tinyEmbedder('pooling_mode_cls_token'))
  embedders = startEmbedders({ cacheDir: folder, workers: 1, most: 2, kept: join(folder, 'one') })
})
afterAll(async () => {
  await embedders.close()
  await rm(folder, { recursive: true })
})

const embedder = (name: string) => embedders.get(join(folder, name))
const embed = async (name: string) => (await embedder(name)).embed(['red green'], PASSAGE)

it('compares by tokens with the built-in model alone', async () => {
  expect((await embedders.get('builtin')).interact).toBeTypeOf('function')
  expect((await embedder('one')).interact).toBeUndefined()
})

it('describes a model without loading it', async () => {
  expect((await embedder('one')).model).toMatchObject({ name: 'one', dimensions: 4 })
  expect(embedders.loaded()).toEqual([])
})

it('loads what is used, and ends the longest unused, but never the kept one', async () => {
  expect(await embed('one')).toHaveLength(1)
  const [before] = await embed('two')
  expect(embedders.loaded()).toEqual(['one', 'two'])
  await embed('three')
  expect(embedders.loaded()).toEqual(['one', 'three'])
  expect((await embed('two'))[0]?.vector).toEqual(before?.vector)
  expect(embedders.loaded()).toEqual(['one', 'two'])
})

it('holds more only while all are at work', async () => {
  await Promise.all(names.map(embed))
  expect(embedders.loaded()).toHaveLength(2)
})

it('says what is missing, and finds it when it is there', async () => {
  await expect(embedder('four')).rejects.toMatchObject({ code: 'unknown_model' })
  await writeFolder(join(folder, 'four'), tinyEmbedder())
  expect(await embed('four')).toHaveLength(1)
})

it('stops', async () => {
  const own = startEmbedders({ cacheDir: folder, workers: 1, most: 2, kept: 'builtin' })
  const found = await own.load(join(folder, 'one'))
  await own.close()
  await expect(found.embed(['red'], PASSAGE)).rejects.toMatchObject({ code: 'draining' })
})

it('knows those behind an API by their names', async () => {
  const config = {
    baseUrl: 'http://127.0.0.1:1/v1',
    model: 'text-embed',
    dimensions: 3,
    maxTokens: 512,
    batch: 2,
    timeoutMs: 1000,
  }
  const remote = new Map([['cloud', config]])
  const own = startEmbedders({ cacheDir: folder, workers: 1, most: 2, kept: 'builtin', remote })
  expect((await own.get('cloud')).model).toMatchObject({ name: 'cloud:text-embed', dimensions: 3 })
  expect(await own.folderOf('cloud')).toContain('builtin')
  await expect(own.get('other')).rejects.toMatchObject({
    code: 'bad_request',
    message: expect.stringContaining('`embedders`'),
  })
  await own.close()
})
