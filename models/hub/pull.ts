import { mkdir, readFile, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { concurrently } from '../../src/domain/concurrently.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { parseJson } from '../../src/domain/json.ts'
import { bytes } from '../../src/text/amounts.ts'
import { checksumLike } from '../checksum.ts'
import { configSchema, type ModelConfig, roleOf } from '../config-file.ts'
import type { ModelRole } from '../description.ts'
import { describeInstalled } from '../installed.ts'
import { externalData, type Network, networksIn } from '../networks.ts'
import { repositoryFolder } from '../reference.ts'
import { blobPath, exists, publishSnapshot, stageSnapshot } from './cache.ts'
import { type Hub, type HubSettings, openHub, type RemoteFile, type RemoteRepository } from './client.ts'
import { download } from './download.ts'
import { withRepository } from './lock.ts'

export interface PullOptions {
  /** `org/name` */
  readonly name: string
  readonly revision?: string | undefined
  readonly variant?: string | undefined
  readonly cacheDir: string
  readonly settings: HubSettings
  readonly signal: AbortSignal
  /** Throws if the user declines; `undefined` if the repository states no licence. */
  readonly acceptLicence: (licence: string | undefined) => Promise<void>
  /** Called once if there is something to download: `bytes` in all, of which an earlier pull left `have`. */
  readonly onStart: (start: { readonly bytes: number; readonly have: number; readonly files: number }) => void
  /** Negative if a file starts again. */
  readonly onBytes: (delta: number) => void
  /** Called if another command is using the same model. */
  readonly onWait: () => void
}

export interface Pulled {
  readonly name: string
  readonly commit: string
  readonly role: ModelRole
  readonly variant: string
  readonly licence: string | undefined
  readonly folder: string
  /** Total size of its files. */
  readonly bytes: number
  /** False if everything was there before. */
  readonly fetched: boolean
}

const FILES_AT_ONCE = 4
const SPARE_BYTES = 32 * 1024 * 1024
/** Files that are needed, or that document the model's origin. */
const FILES =
  /^(config|tokenizer|tokenizer_config|special_tokens_map|generation_config|modules|sentence_bert_config|config_sentence_transformers)\.json$|^chat_template\.(json|jinja)$|^1_Pooling\/config\.json$|^(README\.md|LICEN[CS]E(\.\w+)?|NOTICE(\.\w+)?)$/

/**
 * Downloads one network of a repository with the files that it needs into the hub's cache. An interrupted pull resumes.
 * A model appears only when all its files are there and match the hub's checksums.
 *
 * Throws `unknown_model`, `unsupported_model`, `licence_not_accepted`, `disk_full`, `hub_refused`, `hub_unreachable`,
 * `rate_limited`, `pull_failed` and `cancelled`.
 */
export async function pull(options: PullOptions): Promise<Pulled> {
  const { name, revision, cacheDir, settings, signal } = options
  const hub = openHub(settings)
  try {
    const remote = await hub.repository(name, revision, signal)
    await options.acceptLicence(remote.card.license[0])
    await makeFolder(join(repositoryFolder(cacheDir, name), 'blobs'))
    return await withRepository(cacheDir, name, options, () => bring(hub, remote, options))
  } finally {
    await hub.close()
  }
}

async function bring(hub: Hub, remote: RemoteRepository, options: PullOptions): Promise<Pulled> {
  const { name, cacheDir, settings, signal } = options
  const folder = repositoryFolder(cacheDir, name)
  const fetchOne = (file: RemoteFile, onBytes: (delta: number) => void, stop = signal) =>
    fetchBlob({
      hub,
      settings,
      repository: remote,
      file,
      path: blobPath(folder, file.checksum),
      signal: stop,
      onBytes,
    })
  const role = roleOf(await configOf(remote, folder, fetchOne))
  const network = chooseNetwork(remote, role, options.variant)
  const files = filesOf(remote, network)

  const missing: RemoteFile[] = []
  for (const file of files) if (!(await isWhole(blobPath(folder, file.checksum), file))) missing.push(file)
  const have = await bytesOfParts(join(folder, 'blobs'), missing)
  await checkDisk(cacheDir, total(missing) - have)
  if (missing.length > 0) options.onStart({ bytes: total(missing), have, files: missing.length })
  await concurrently(FILES_AT_ONCE, missing, (file, failed) =>
    fetchOne(file, options.onBytes, AbortSignal.any([signal, failed])),
  )

  const staged = await stageSnapshot(folder, remote.commit, files)
  await describeInstalled(staged, '')
  return {
    name,
    commit: remote.commit,
    role,
    variant: network.variant,
    licence: remote.card.license[0],
    folder: await publishSnapshot(folder, remote.commit, options.revision ?? 'main', files),
    bytes: total(files),
    fetched: missing.length > 0,
  }
}

/** The needed files, network last: a snapshot with the network is complete. */
function filesOf({ name, files: all }: RemoteRepository, network: Network): RemoteFile[] {
  const paths = all.map(({ path }) => path)
  const weights = new Set([network.path, ...externalData(paths, network.path)])
  const files = all
    .filter(({ path }) => weights.has(path) || FILES.test(path))
    .toSorted(
      (a, b) => Number(weights.has(a.path)) - Number(weights.has(b.path)) || b.path.length - a.path.length,
    )
  for (const needed of ['tokenizer.json', 'tokenizer_config.json'])
    if (!files.some(({ path }) => path === needed))
      throw new ChatbotError('unsupported_model', `${name} cannot be used: it has no ${needed}.`)
  return files
}

/** Deletes a damaged blob, so that pulling again repairs a model. */
async function isWhole(blob: string, { checksum }: RemoteFile): Promise<boolean> {
  if (!(await exists(blob))) return false
  if ((await checksumLike(checksum, blob)) === checksum) return true
  await rm(blob)
  return false
}

async function fetchBlob(options: Parameters<typeof download>[0]): Promise<void> {
  // Two files with the same content are one blob.
  if (!(await exists(options.path))) await download(options)
}

async function configOf(
  remote: RemoteRepository,
  folder: string,
  fetchOne: (file: RemoteFile, onBytes: () => void) => Promise<void>,
): Promise<ModelConfig> {
  const file = remote.files.find(({ path }) => path === 'config.json')
  if (file === undefined)
    throw new ChatbotError('unsupported_model', `${remote.name} cannot be used: it has no config.json.`)
  await fetchOne(file, () => {})
  try {
    return configSchema.parse(parseJson(await readFile(blobPath(folder, file.checksum), 'utf8')))
  } catch (thrown) {
    throw ChatbotError.wrap(thrown, 'unsupported_model', `${remote.name} cannot be used: its config.json: `)
  }
}

function chooseNetwork(remote: RemoteRepository, role: ModelRole, variant: string | undefined): Network {
  const networks = networksIn(
    remote.files.map(({ path }) => path),
    role,
  )
  const chosen = variant === undefined ? networks[0] : networks.find((network) => network.variant === variant)
  if (chosen !== undefined) return chosen
  const has = networks.map((network) => network.variant).join(', ')
  throw has === ''
    ? new ChatbotError(
        'unsupported_model',
        `${remote.name} has no ONNX export (onnx/model.onnx or a variant of it). Look for one at onnx-community or Xenova on the hub, or: chatbot models list`,
      )
    : new ChatbotError('unknown_model', `${remote.name} has no variant ${variant}. It has: ${has}.`)
}

async function bytesOfParts(blobs: string, files: readonly RemoteFile[]): Promise<number> {
  const parts = await Promise.all(
    files.map(({ checksum }) => stat(join(blobs, `${checksum}.incomplete`)).catch(() => undefined)),
  )
  return parts.reduce((sum, part) => sum + (part?.size ?? 0), 0)
}

async function checkDisk(cacheDir: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(cacheDir)
  const free = bavail * bsize
  if (needed > 0 && needed + SPARE_BYTES > free)
    throw new ChatbotError(
      'disk_full',
      `The model needs ${bytes(needed)} in ${cacheDir}, ${bytes(free)} are free. Free some, or set HF_HUB_CACHE to another disk.`,
    )
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
  } catch (thrown) {
    throw ChatbotError.wrap(
      thrown,
      'data_dir_unusable',
      'The model folder cannot be created. Set HF_HUB_CACHE to a writable one. ',
    )
  }
}

const total = (files: readonly RemoteFile[]): number => files.reduce((sum, { size }) => sum + size, 0)
