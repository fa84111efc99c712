/** Where a data directory's daemon keeps what other processes look for. */
import { createHash } from 'node:crypto'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, the closing NUL included. */
const MAX_SOCKET_PATH_BYTES = 103

export interface RuntimePaths {
  /** 0700; holds the sockets, so that only this user can connect. */
  readonly socketDir: string
  /** The daemon's HTTP API and WebSocket. */
  readonly socket: string
  /** PGlite's wire protocol, for the daemon alone. */
  readonly databaseSocket: string
  readonly database: string
  readonly lock: string
  /** Who holds the lock: pid, version, start time, TCP address (JSON). */
  readonly owner: string
  /** The local token for TCP, mode 600. */
  readonly token: string
  /** Encrypts signing keys where the configuration has no secret, mode 600. */
  readonly secret: string
  readonly uploads: string
  readonly logDir: string
  /** A link to the log file in use. */
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

/** A data directory with a long path gets a socket folder in the temporary directory, named after both. */
function shortEnough(dir: string, dataDir: string): string {
  if (Buffer.byteLength(join(dir, '.s.PGSQL.5432')) <= MAX_SOCKET_PATH_BYTES) return dir
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  return join(tmpdir(), `chatbot-${userInfo().uid}-${name}`)
}
