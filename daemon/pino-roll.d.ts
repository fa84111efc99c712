declare module 'pino-roll' {
  import type { pino } from 'pino'

  interface RollOptions {
    file: string
    extension: string
    size: string
    limit: { count: number }
    symlink: boolean
    /** Maximum bytes waiting to be written. */
    maxLength: number
  }
  export default function roll(options: RollOptions): Promise<ReturnType<typeof pino.destination>>
}
