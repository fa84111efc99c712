import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import roll from 'pino-roll'
import type { Config } from '../src/config/schema.ts'

export type { Logger }

/** Lines waiting for a slow or full disk; more are dropped to bound memory. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024

/**
 * Structured logs: to stdout for containers, otherwise to rotated files of bounded size. `fatal` flushes synchronously:
 * nothing is lost if the process then crashes.
 */
export async function openLog(
  config: Config,
  destination: 'stdout' | { readonly logDir: string },
): Promise<Logger> {
  const options = {
    level: config.log.level,
    base: undefined,
    redact: ['req.headers.authorization', 'token', 'apiKey'],
  }
  if (destination === 'stdout') return pino(options)
  const { maxMegabytes, files } = config.log
  // pino-roll's own `mkdir` races with its link.
  await mkdir(destination.logDir, { recursive: true, mode: 0o700 })
  const stream = await roll({
    // Numbered by pino-roll, which keeps the link `current.log` to the current file.
    file: join(destination.logDir, 'daemon'),
    extension: '.log',
    size: `${Math.max(1, Math.round(maxMegabytes * 1024))}k`,
    limit: { count: files },
    symlink: true,
    maxLength: MAX_WAITING_BYTES,
  })
  await once(stream, 'ready')
  // A full disk ends the log, not the daemon; only stderr is left to report it.
  stream.on('error', (error) => process.stderr.write(`The log cannot be written: ${error.message}\n`))
  return pino(options, stream)
}
