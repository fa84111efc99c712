/** Paths in the data directory that other processes look for. */
import { createHash } from 'node:crypto'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, including the terminating NUL. */
const MAX_SOCKET_PATH_BYTES = 103

export interface RuntimePaths {
  /** 0700; contains the sockets, so that only this user can connect. */
  readonly socketDir: string
  /** The daemon's HTTP API and WebSocket. */
  readonly socket: string
  /** PGlite's wire protocol, only for the daemon. */
  readonly databaseSocket: string
  readonly database: string
  readonly lock: string
  /** The lock's holder: pid, version, start time, TCP address (JSON). */
  readonly owner: string
  /** The local token for TCP, mode 600. */
  readonly token: string
  /** Encrypts signing keys if the configuration has no secret; mode 600. */
  readonly secret: string
  readonly uploads: string
  readonly logDir: string
  /** A link to the current log file. */
  readonly log: string
}

export function runtimePaths(dataDir: string): RuntimePaths {
  const socketDir = shortEnough(join(dataDir, 'run'), dataDir)
  const logDir = join(dataDir, 'logs')
  return {
    socketDir,
    socket: join(socketDir, 'daemon.sock'),
    databaseSocket: join(socketDir, '.s.PGSQL.5432'),
    database: join(dataDir, 'pglite'),
    lock: join(dataDir, 'daemon.lock'),
    owner: join(dataDir, 'daemon.json'),
    token: join(dataDir, 'token'),
    secret: join(dataDir, 'secret'),
    uploads: join(dataDir, 'uploads'),
    logDir,
    log: join(logDir, 'current.log'),
  }
}

/**
 * If the data directory's path is too long for a socket, the socket goes to a folder in the temporary directory,
 * named after both.
 */
function shortEnough(dir: string, dataDir: string): string {
  if (Buffer.byteLength(join(dir, '.s.PGSQL.5432')) <= MAX_SOCKET_PATH_BYTES) return dir
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  return join(tmpdir(), `chatbot-${userInfo().uid}-${name}`)
}
