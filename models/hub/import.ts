/** Imports a model from a folder or an archive into the hub's cache, for hosts without a network. */
import { createHash, randomUUID } from 'node:crypto'
import { copyFile, mkdir, readdir, readFile, readlink, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { ChatbotError } from '../../src/domain/errors.ts'
import { checkModel } from '../check.ts'
import { checksumLike, sha256 } from '../checksum.ts'
import type { ModelRole } from '../description.ts'
import { describeInstalled } from '../installed.ts'
import { externalData, networksIn } from '../networks.ts'
import { repositoryFolder } from '../reference.ts'
import { unpack } from './archive.ts'
import { blobPath, type CachedFile, exists, publishSnapshot, stageSnapshot } from './cache.ts'
import { withRepository } from './lock.ts'

export interface ImportOptions {
  /** A folder with the hub's layout, a repository of another hub cache, or a tar archive of either. */
  readonly source: string
  /** `org/name`; default: the repository's name, otherwise `local/` and the folder's name. */
  readonly name?: string | undefined
  readonly cacheDir: string
  /** The setting `models.executionProvider`. */
  readonly provider: string
  readonly signal: AbortSignal
  readonly onWait: () => void
}

export interface Imported {
  readonly name: string
  readonly commit: string
  readonly role: ModelRole
  readonly variants: readonly string[]
  readonly folder: string
  readonly bytes: number
}

/**
 * Copies a model's files into the cache, verifies them with the checksums of a hub cache, and publishes them when all
 * are there. Throws `unsupported_model`, `model_corrupt` and `unknown_model`.
 */
export async function importModel(options: ImportOptions): Promise<Imported> {
  const { cacheDir, signal } = options
  const source = resolve(options.source)
  const found = await stat(source).catch(() => undefined)
  if (found === undefined) throw new ChatbotError('unknown_model', `${source} does not exist.`)
  const unpacked = join(cacheDir, `.import-${randomUUID()}`)
  try {
    if (!found.isDirectory()) {
      await mkdir(unpacked, { recursive: true })
      await unpack(source, unpacked, signal)
    }
    const model = await locate(found.isDirectory() ? source : unpacked)
    const name = options.name ?? model.name ?? `local/${basename(source).replace(/\.(tar|tar\.gz|tgz)$/, '')}`
    if (!/^[\w.-]+\/[\w.-]+$/.test(name) || name.includes('--') || /(^|\/)\./.test(name))
      throw new ChatbotError(
        'bad_request',
        `\`${name}\` is not a valid name for a model. Choose one: --name org/name`,
      )
    return await withRepository(cacheDir, name, options, () => copyIn(model, name, options))
  } finally {
    await rm(unpacked, { recursive: true, force: true })
  }
}

async function copyIn(
  { folder, commit: known }: Located,
  name: string,
  { cacheDir, provider, signal }: ImportOptions,
): Promise<Imported> {
  const paths = await filesOf(folder)
  const { role } = await describeInstalled(folder, '')
  const networks = networksIn(paths, role)
  const weights = new Set(networks.flatMap(({ path }) => [path, ...externalData(paths, path)]))
  const repository = repositoryFolder(cacheDir, name)
  const files: CachedFile[] = []
  let bytes = 0
  // Networks last: a snapshot with a network is complete.
  for (const path of paths.toSorted(
    (a, b) => Number(weights.has(a)) - Number(weights.has(b)) || b.length - a.length,
  )) {
    if (signal.aborted) throw new ChatbotError('cancelled', 'Cancelled. Nothing was imported.')
    const file = { path, checksum: await checkedSum(folder, path) }
    files.push(file)
    bytes += (await stat(join(folder, path))).size
    const blob = blobPath(repository, file.checksum)
    if (await exists(blob)) continue
    await mkdir(dirname(blob), { recursive: true })
    await copyFile(join(folder, path), `${blob}.copying`)
    await rename(`${blob}.copying`, blob)
  }
  const commit = known ?? createHash('sha1').update(JSON.stringify(files)).digest('hex')
  const staged = await stageSnapshot(repository, commit, files)
  // No hub vouches for these files.
  await checkModel(staged, role, '', provider)
  const snapshot = await publishSnapshot(repository, commit, 'main', files)
  return { name, commit, role, variants: networks.map(({ variant }) => variant), folder: snapshot, bytes }
}

/** The file's checksum, verified if it is a blob of a hub cache, which is named by its checksum. */
async function checkedSum(folder: string, path: string): Promise<string> {
  const stated = basename(await readlink(join(folder, path)).catch(() => ''))
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(stated)) return sha256(join(folder, path))
  const found = await checksumLike(stated, join(folder, path)).catch(() => 'missing')
  if (found !== stated)
    throw new ChatbotError(
      'model_corrupt',
      `${path} is damaged: its checksum is not ${stated.slice(0, 12)}…. Copy the model again.`,
    )
  return stated
}

interface Located {
  readonly folder: string
  /** Known for a repository of a hub cache. */
  readonly name?: string
  readonly commit?: string
}

/** The folder itself or its content: the repository of a hub cache, or the only folder in it. */
async function locate(folder: string, outer = 2): Promise<Located> {
  if (await exists(join(folder, 'config.json'))) return { folder }
  const [, org, ...rest] = basename(folder).split('--')
  const commits = await readdir(join(folder, 'snapshots')).catch(() => [])
  if (org !== undefined && rest.length > 0 && commits.length > 0) {
    const main = await readFile(join(folder, 'refs', 'main'), 'utf8').catch(() => '')
    const commit = commits.find((candidate) => candidate === main.trim()) ?? commits[0] ?? ''
    return { folder: join(folder, 'snapshots', commit), name: `${org}/${rest.join('--')}`, commit }
  }
  const [only, ...others] = (await readdir(folder, { withFileTypes: true })).filter((entry) =>
    entry.isDirectory(),
  )
  if (only !== undefined && others.length === 0 && outer > 0)
    return locate(join(folder, only.name), outer - 1)
  throw new ChatbotError(
    'unsupported_model',
    'There is no model: no config.json with tokenizer.json and onnx/*.onnx beside it, and no models--org--name of a hub cache.',
  )
}

/** The files of a model; nothing else in the folder is copied. */
async function filesOf(folder: string): Promise<string[]> {
  const below = async (name: string) =>
    (await readdir(join(folder, name)).catch(() => [])).map((file) => `${name}/${file}`)
  const all = [...(await readdir(folder)), ...(await below('onnx')), ...(await below('1_Pooling'))]
  const kept: string[] = []
  for (const path of all) {
    const found = await stat(join(folder, path)).catch(() => undefined)
    if (
      found?.isFile() &&
      /\.(onnx|onnx_data(_\d+)?|data|json|jinja|md|txt)$|(^|\/)(LICEN[CS]E|NOTICE)$/.test(path)
    )
      kept.push(path)
  }
  return kept
}
