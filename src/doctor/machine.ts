/** Checks that need no daemon. */
import { accessSync, constants, existsSync, type Stats, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { builtinModel } from '../../models/builtin.ts'
import { verifyModel } from '../../models/verify.ts'
import { daemonHealth } from '../client/launch.ts'
import { openToOthers, runningOwner } from '../config/data-dir.ts'
import { userConfigFile } from '../config/paths.ts'
import { runtimePaths } from '../config/runtime-paths.ts'
import { ChatbotError } from '../domain/errors.ts'
import { bytes } from '../text/amounts.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** Free space in bytes: a daemon with an empty PGlite writes about 50 MB. */
const LOW_SPACE_BYTES = 1_000_000_000
const MIN_SPACE_BYTES = 200_000_000

export function checkNode(wanted: string): Finding {
  return ok('Node.js', `${process.version} at ${process.execPath} (needs ${wanted})`)
}

export function checkConfigFile(env: NodeJS.ProcessEnv): Finding {
  const path = userConfigFile(env)
  const stats = statOf(path)
  if (stats === undefined)
    return ok('Configuration', `valid; no file at ${path}, so defaults and environment`)
  return isOpen(stats)
    ? warn('Configuration', `valid, but others can read ${path}`, `chmod 600 ${path}`)
    : ok('Configuration', `valid: ${path}`)
}

export function checkDataDir(dataDir: string): Finding {
  const existing = nearestExisting(dataDir)
  try {
    accessSync(existing, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    return fail(
      'Data directory',
      `${existing} is not readable and writable`,
      'Change its permissions, or choose another: CHATBOT_DATA_DIR, or `chatbot config set dataDir DIR`',
    )
  }
  const stats = statOf(dataDir)
  if (stats === undefined) return ok('Data directory', `${dataDir} will be created`)
  if (!stats.isDirectory()) {
    return fail('Data directory', `${dataDir} is not a folder`, 'Move it away, or set CHATBOT_DATA_DIR')
  }
  const open = openToOthers(dataDir)
  return open.length > 0
    ? warn(
        'Data directory',
        `others can read ${open.join(', ')}`,
        `\`chatbot restart\` fixes this where it can; otherwise: chmod -R go-rwx ${dataDir}`,
      )
    : ok('Data directory', dataDir)
}

export function checkToken(dataDir: string): Finding[] {
  const { token } = runtimePaths(dataDir)
  const stats = statOf(token)
  return stats !== undefined && isOpen(stats)
    ? [
        fail(
          'Token',
          `others can read ${token}`,
          `Delete it and run \`chatbot restart\`: the daemon creates a new one`,
        ),
      ]
    : []
}

export function checkDisk(dataDir: string): Finding {
  const { bavail, bsize } = statfsSync(nearestExisting(dataDir))
  const free = bavail * bsize
  const detail = `${bytes(free)} free`
  if (free < MIN_SPACE_BYTES)
    return fail('Disk', detail, 'Free some space, or move the data: CHATBOT_DATA_DIR')
  if (free < LOW_SPACE_BYTES) return warn('Disk', detail, 'Free some space before a large ingest')
  return ok('Disk', detail)
}

export async function examineModel(): Promise<Finding> {
  const model = builtinModel()
  try {
    await verifyModel(model)
    return ok('Model', `${model.name}, checksums match`)
  } catch (error) {
    return fail(
      'Model',
      ChatbotError.wrap(error).fullMessage,
      'Reinstall chatbot; in a checkout: git checkout -- models',
    )
  }
}

export async function checkLock(dataDir: string): Promise<Finding> {
  const owner = runningOwner(dataDir)
  const health = await daemonHealth(dataDir)
  if (health !== undefined) {
    return ok(
      'Lock',
      owner === undefined
        ? 'held by a daemon that is starting'
        : `held by pid ${owner.pid} since ${owner.startedAt}`,
    )
  }
  return ok(
    'Lock',
    owner === undefined ? 'free' : `free; pid ${owner.pid} did not shut down cleanly, which does no harm`,
  )
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path))
}

/** Readable by group or others. */
const isOpen = ({ mode }: Stats) => process.platform !== 'win32' && (mode & 0o077) !== 0

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false })
}
