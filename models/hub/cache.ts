/** The hub's cache on disk: `models--org--name/` with `blobs`, `refs` and `snapshots` of links to the blobs. */

import { randomUUID } from 'node:crypto'
import {
  link,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { parseJsonOrUndefined } from '../../src/domain/json.ts'
import { type ModelCard, modelCard } from '../card.ts'
import { configSchema, roleOf } from '../config-file.ts'
import type { ModelRole } from '../description.ts'
import { networksIn } from '../networks.ts'
import { repositoryFolder } from '../reference.ts'
import { type LockOptions, withRepository } from './lock.ts'

export interface CachedFile {
  readonly path: string
  readonly checksum: string
}

/** A snapshot that contains a network. */
export interface CachedModel {
  readonly name: string
  readonly commit: string
  /** Branches and tags that point to it. */
  readonly revisions: readonly string[]
  readonly role: ModelRole
  /** Best first. */
  readonly variants: readonly string[]
  readonly bytes: number
  readonly folder: string
  readonly card: ModelCard
}

const stagingFolder = (repository: string): string => join(repository, '.staging')
export const blobPath = (repository: string, checksum: string): string => join(repository, 'blobs', checksum)

/** Stages an unpublished snapshot of existing blobs. */
export async function stageSnapshot(
  repository: string,
  commit: string,
  files: readonly CachedFile[],
): Promise<string> {
  // At the depth of the snapshots, so that its relative links stay valid after the move.
  const staged = join(stagingFolder(repository), commit)
  await rm(stagingFolder(repository), { recursive: true, force: true })
  for (const { path, checksum } of files) await linkTo(blobPath(repository, checksum), join(staged, path))
  return staged
}

/**
 * Publishes a staged snapshot under `revision`. If the commit has a snapshot already (of another variant), the files
 * are added to it in order, the network last, so that it is never seen incomplete.
 */
export async function publishSnapshot(
  repository: string,
  commit: string,
  revision: string,
  files: readonly CachedFile[],
): Promise<string> {
  const snapshot = join(repository, 'snapshots', commit)
  const staged = join(stagingFolder(repository), commit)
  await mkdir(dirname(snapshot), { recursive: true })
  if (await exists(snapshot)) {
    for (const { path } of files) {
      await mkdir(dirname(join(snapshot, path)), { recursive: true })
      await rename(join(staged, path), join(snapshot, path))
    }
  } else await rename(staged, snapshot)
  await rm(stagingFolder(repository), { recursive: true, force: true })
  if (revision !== commit) await writeWhole(join(repository, 'refs', revision), commit)
  return snapshot
}

/** All models in the cache, including those of other tools. */
export async function cachedModels(cacheDir: string): Promise<CachedModel[]> {
  const entries = await readdir(cacheDir).catch(() => [])
  const models: CachedModel[] = []
  for (const entry of entries.toSorted()) {
    const [kind, org, ...name] = entry.split('--')
    if (kind !== 'models' || org === undefined || name.length === 0) continue
    const repository = join(cacheDir, entry)
    const refs = await refsOf(repository)
    for (const commit of await readdir(join(repository, 'snapshots')).catch(() => [])) {
      const folder = join(repository, 'snapshots', commit)
      const model = await describe(folder)
      if (model === undefined) continue
      const revisions = refs.filter((ref) => ref.commit === commit).map((ref) => ref.name)
      models.push({ name: `${org}/${name.join('--')}`, commit, revisions, folder, ...model })
    }
  }
  return models
}

async function describe(
  folder: string,
): Promise<Pick<CachedModel, 'role' | 'variants' | 'bytes' | 'card'> | undefined> {
  const files = await filesBelow(folder)
  const json = await readFile(join(folder, 'config.json'), 'utf8').catch(() => undefined)
  if (json === undefined || !files.includes('tokenizer.json')) return undefined
  const config = configSchema.safeParse(parseJsonOrUndefined(json)).data
  if (config === undefined) return undefined
  const role = roleOf(config)
  const variants = networksIn(files, role).map(({ variant }) => variant)
  if (variants.length === 0) return undefined
  const sizes = await Promise.all(files.map((file) => stat(join(folder, file)).catch(() => undefined)))
  const card = await modelCard(folder)
  return { role, variants, card, bytes: sizes.reduce((sum, found) => sum + (found?.size ?? 0), 0) }
}

interface Part {
  readonly revision?: string
  readonly variant?: string
}

/**
 * Removes a repository, a revision or a variant, and the blobs without links from other snapshots. Returns the freed
 * bytes; 0 if there was nothing.
 */
export async function removeFromCache(
  cacheDir: string,
  name: string,
  { revision, variant, ...lock }: Part & LockOptions,
): Promise<number> {
  const repository = repositoryFolder(cacheDir, name)
  return withRepository(cacheDir, name, lock, async () => {
    const before = await bytesBelow(repository)
    if (before === 0) return 0
    if (revision === undefined && variant === undefined) {
      // Renamed first, so that it vanishes at once; deleting takes its time.
      const gone = join(cacheDir, `.removed-${randomUUID()}`)
      await rename(repository, gone)
      await rm(gone, { recursive: true })
      return before
    }
    const refs = await refsOf(repository)
    const commit = refs.find((ref) => ref.name === (revision ?? 'main'))?.commit ?? revision
    if (commit === undefined) return 0
    const snapshot = join(repository, 'snapshots', commit)
    if (variant === undefined) {
      await rm(snapshot, { recursive: true, force: true })
      for (const ref of refs) if (ref.commit === commit) await rm(join(repository, 'refs', ref.name))
    } else {
      const files = await filesBelow(snapshot)
      const network = networksIn(files, 'embedder').find((candidate) => candidate.variant === variant)
      const gone = network === undefined ? [] : files.filter((file) => file.startsWith(network.path))
      for (const file of gone) await rm(join(snapshot, file))
    }
    await removeUnlinked(repository)
    return before - (await bytesBelow(repository))
  })
}

async function removeUnlinked(repository: string): Promise<void> {
  const linked = new Set<string>()
  for (const file of await filesBelow(join(repository, 'snapshots'))) {
    const target = await readlink(join(repository, 'snapshots', file)).catch(() => '')
    linked.add(basename(target))
  }
  for (const blob of await readdir(join(repository, 'blobs')).catch(() => []))
    if (!linked.has(blob)) await rm(join(repository, 'blobs', blob))
}

async function refsOf(repository: string): Promise<{ name: string; commit: string }[]> {
  const folder = join(repository, 'refs')
  const names = await filesBelow(folder)
  return Promise.all(
    names.map(async (name) => ({ name, commit: (await readFile(join(folder, name), 'utf8')).trim() })),
  )
}

/** Relative, with `/`. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
}

/** Size on disk; links count as nothing. */
async function bytesBelow(repository: string): Promise<number> {
  const blobs = join(repository, 'blobs')
  const sizes = await Promise.all(
    (await filesBelow(blobs)).map(async (blob) => (await stat(join(blobs, blob))).size),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

async function linkTo(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  try {
    await symlink(relative(dirname(path), target), path)
  } catch (thrown) {
    // Windows allows symbolic links only for some users.
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM')) throw thrown
    await link(target, path)
  }
}

async function writeWhole(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const written = `${path}.new`
  await writeFile(written, content)
  await rename(written, path)
}

export const exists = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined)) !== undefined
