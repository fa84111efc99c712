import type { Logger } from './log.ts'

/** Logs uncaught errors from now on, and exits with status 1. */
export function logCrashes(log: Logger): void {
  // Unhandled rejections arrive here too.
  process.on('uncaughtException', (error) => {
    try {
      log.fatal({ err: error }, 'daemon crashed')
    } finally {
      process.exit(1)
    }
  })
}
