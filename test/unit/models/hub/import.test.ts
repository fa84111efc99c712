import { createWriteStream } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type Header, pack } from 'tar-stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { cachedModels } from '../../../../models/hub/cache.ts'
import { type Imported, importModel } from '../../../../models/hub/import.ts'
import { installedEmbedder } from '../../../../models/installed.ts'
import {
  type Files,
  tinyEmbedder,
  tinyReranker,
  writeFolder,
  writeHubCache,
} from '../../../support/tiny-models.ts'

const COMMIT = 'c0ffee'.padEnd(40, '0')

let folder: string
let cacheDir: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chatbot-import-'))
  cacheDir = join(folder, 'hub')
})
afterEach(() => rm(folder, { recursive: true }))

const imported = (source: string, name?: string): Promise<Imported> =>
  importModel({
    source: join(folder, source),
    name,
    cacheDir,
    provider: 'cpu',
    signal: new AbortController().signal,
    onWait: () => {},
  })

async function archive(
  file: string,
  entries: readonly (readonly [Partial<Header> & Pick<Header, 'name'>, (string | Uint8Array)?])[],
): Promise<void> {
  const tar = pack()
  for (const [headers, content = ''] of entries) tar.entry(headers, Buffer.from(content))
  tar.finalize()
  await pipeline(tar, createGzip(), createWriteStream(join(folder, file)))
}
const inFolder = (name: string, files: Files) =>
  Object.entries(files).map(([path, content]) => [{ name: `${name}/${path}` }, content] as const)

it('takes a folder, an archive of one, and a repository of another hub cache', async () => {
  await writeFolder(join(folder, 'mine'), { ...tinyEmbedder(), 'pytorch_model.bin': 'not wanted' })
  expect(await imported('mine')).toMatchObject({
    name: 'local/mine',
    role: 'embedder',
    variants: ['fp32', 'fp16'],
  })
  expect((await installedEmbedder('local/mine:fp16', cacheDir)).dimensions).toBe(4)

  await archive('reranker.tgz', inFolder('tiny', tinyReranker()))
  expect(await imported('reranker.tgz', 'me/reranker')).toMatchObject({
    name: 'me/reranker',
    role: 'reranker',
  })

  const other = join(folder, 'other')
  await writeHubCache(other, 'org/model', COMMIT, tinyEmbedder())
  expect(await imported('other/models--org--model')).toMatchObject({ name: 'org/model', commit: COMMIT })
  expect((await cachedModels(cacheDir)).map(({ name }) => name)).toEqual([
    'local/mine',
    'me/reranker',
    'org/model',
  ])
  expect((await readdir(cacheDir)).filter((entry) => entry.startsWith('.import'))).toEqual([])
})

it('refuses what is damaged, does not load, is no model or leads out of its folder', async () => {
  const other = join(folder, 'other')
  const snapshot = await writeHubCache(other, 'org/model', COMMIT, tinyEmbedder())
  await writeFile(join(snapshot, 'onnx/model.onnx_data'), 'damaged')
  await expect(imported('other/models--org--model')).rejects.toMatchObject({ code: 'model_corrupt' })

  await writeFolder(join(folder, 'broken'), { ...tinyEmbedder(), 'onnx/model.onnx': 'no network' })
  await expect(imported('broken')).rejects.toMatchObject({ code: 'model_corrupt' })
  await writeFolder(join(folder, 'empty'), { 'a.txt': '' })
  await expect(imported('empty')).rejects.toMatchObject({ code: 'unsupported_model' })
  await expect(imported('nowhere')).rejects.toMatchObject({ code: 'unknown_model' })
  await writeFile(join(folder, 'text.tgz'), 'no archive')
  await expect(imported('text.tgz')).rejects.toMatchObject({ code: 'unsupported_model' })

  await archive('out.tgz', [[{ name: '../../escaped' }, 'x']])
  await expect(imported('out.tgz')).rejects.toMatchObject({
    code: 'unsupported_model',
    message: expect.stringContaining('leads outside'),
  })
  await archive('link.tgz', [[{ name: 'a/b', type: 'symlink', linkname: '/etc/passwd' }]])
  await expect(imported('link.tgz')).rejects.toMatchObject({ code: 'unsupported_model' })
  expect(await cachedModels(cacheDir)).toEqual([])
})
