import type { Logger } from './log.ts'

/** From now on an error that nobody caught goes to the log, and ends the process with status 1. */
export function logCrashes(log: Logger): void {
  // Rejections that nobody handles come here too.
  process.on('uncaughtException', (error) => {
    try {
      log.fatal({ err: error }, 'daemon crashed')
    } finally {
      process.exit(1)
    }
  })
}
