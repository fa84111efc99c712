/** Prepares the data directory and locks it: one daemon at a time. */
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { ChatbotError, errorText } from '../domain/errors.ts'
import { type RuntimePaths, runtimePaths } from './runtime-paths.ts'

const ownerSchema = z.object({
  pid: z.int(),
  version: z.string(),
  startedAt: z.iso.datetime(),
  /** TCP address, once it listens. */
  listen: z.string().nullable(),
})

/** The holder of a data directory's lock. */
export type Owner = z.infer<typeof ownerSchema>

export interface Lock {
  announce: (owner: Owner) => void
  release: () => void
}

/** Creates the folders, mode 0700, and checks that they are writable. */
export function prepareDataDir(dataDir: string, paths: RuntimePaths): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    for (const dir of [paths.logDir, paths.uploads, paths.socketDir])
      mkdirSync(dir, { recursive: true, mode: 0o700 })
    // In a shared temporary directory somebody else may have created this name first.
    const socketDir = lstatSync(paths.socketDir)
    if (!socketDir.isDirectory() || (process.getuid !== undefined && socketDir.uid !== process.getuid())) {
      throw new ChatbotError(
        'data_dir_unusable',
        `${paths.socketDir} belongs to another user. Remove it, or set CHATBOT_DATA_DIR to a shorter path.`,
      )
    }
    chmodSync(paths.socketDir, 0o700)
    const probe = `${paths.owner}.probe`
    writeFileSync(probe, randomBytes(4096))
    rmSync(probe)
  } catch (error) {
    throw fileError(error, dataDir)
  }
}

/** Names that the daemon and the chat use there, including temporary ones. */
const OWN_NAMES =
  /^(?:pglite|run|logs|uploads|token|secret|chat_history|daemon\.(?:lock|json))(?:\.new|\.probe|-journal|\.\d+)?$/

/** Permission bits of group and others. */
const GROUP_AND_OTHERS_BITS = 0o077

/**
 * Paths with permissions for others: this program's own files in the data directory, and the directory itself if
 * it contains nothing else. Skips symbolic links, because the user chose their targets.
 */
export function openToOthers(dataDir: string): string[] {
  if (process.platform === 'win32') return []
  const names = readdirSync(dataDir)
  const own = names.filter((name) => OWN_NAMES.test(name)).map((name) => join(dataDir, name))
  const isOpen = (path: string) => {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    return stats !== undefined && !stats.isSymbolicLink() && (stats.mode & GROUP_AND_OTHERS_BITS) !== 0
  }
  return [...(own.length === names.length ? [dataDir] : []), ...own].filter(isOpen)
}

/**
 * Removes these permissions; closing a folder closes its content. Paths that cannot be changed, such as on a
 * volume owned by root, stay open.
 */
export function closeToOthers(dataDir: string): { readonly closed: string[]; readonly open: string[] } {
  try {
    const paths = Map.groupBy(openToOthers(dataDir), takeRights)
    return { closed: paths.get(true) ?? [], open: paths.get(false) ?? [] }
  } catch (error) {
    throw fileError(error, dataDir)
  }
}

function takeRights(path: string): boolean {
  try {
    // Another process could replace it by a symbolic link meanwhile, and opening a pipe would block.
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      fchmodSync(file, fstatSync(file).mode & 0o7777 & ~GROUP_AND_OTHERS_BITS)
      return true
    } finally {
      closeSync(file)
    }
  } catch {
    return false
  }
}

/** Converts a file system error, with advice. */
export function fileError(error: unknown, place: string): ChatbotError {
  if (error instanceof ChatbotError) return error
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ChatbotError('disk_full', `No space left for ${place}. Free some space, then try again.`, {
      cause: error,
    })
  }
  const reason = errorText(error)
  return new ChatbotError(
    'data_dir_unusable',
    `Cannot use ${place}: ${reason}. Check its permissions, or set CHATBOT_DATA_DIR.`,
    { cause: error },
  )
}

/**
 * Locks the data directory for this process. The lock is a transaction on a SQLite file: the operating system
 * releases it when the process dies, however it dies. Throws `daemon_running` with the holder's name.
 */
export function acquireLock(paths: RuntimePaths, dataDir: string): Lock {
  let database: DatabaseSync
  try {
    database = new DatabaseSync(paths.lock, { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    if (error instanceof Error && /locked|busy/i.test(error.message)) {
      const owner = readOwner(paths)
      const who =
        owner === undefined
          ? 'another daemon'
          : `the daemon with pid ${owner.pid} (version ${owner.version}, since ${owner.startedAt})`
      throw new ChatbotError(
        'daemon_running',
        `${dataDir} is in use by ${who}. \`chatbot status\` shows it, \`chatbot stop\` ends it.`,
      )
    }
    throw fileError(error, paths.lock)
  }
  rmSync(paths.owner, { force: true })
  return {
    announce(owner) {
      writeFileSync(paths.owner, `${JSON.stringify(owner, null, 2)}\n`, { mode: 0o600 })
    },
    release() {
      rmSync(paths.owner, { force: true })
      database.close()
    },
  }
}

/** What the lock's holder wrote about itself; undefined if absent or unreadable. */
export function readOwner(paths: RuntimePaths): Owner | undefined {
  try {
    return ownerSchema.safeParse(JSON.parse(readFileSync(paths.owner, 'utf8'))).data
  } catch {
    return undefined
  }
}

/** The current or last holder of this data directory. */
export const runningOwner = (dataDir: string): Owner | undefined => readOwner(runtimePaths(dataDir))

/** A random secret that only the local user can read; created once, mode 600. */
export function generatedSecret(path: string): string {
  try {
    writeFileSync(path, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw fileError(error, path)
  }
  const secret = readFileSync(path, 'utf8').trim()
  if (secret.length < 32) {
    throw new ChatbotError(
      'data_dir_unusable',
      `${path} contains no usable secret. Delete it; the daemon creates a new one.`,
    )
  }
  return secret
}
