/** Notices on every daemon of a database that a credential was taken away, and ends the sockets that it opened. */
import type { Logger } from './log.ts'
import type { Life } from './services.ts'
import type { SocketServer } from './socket/server.ts'

/** A revoked key's sockets are closed within this time and what one statement takes. */
const EVERY_MS = 1000

/** Ends the watch. */
export function watchRevocations(life: Life, sockets: SocketServer, log: Logger): () => void {
  let seen: number | undefined
  let looking = false

  async function look(): Promise<void> {
    if (life.phase.name === 'starting') return
    const revision = await life.phase.services.ports.store.revocations()
    if (revision === seen) return
    await sockets.recheck()
    seen = revision
  }

  const timer = setInterval(() => {
    // While nobody is there whose token could be revoked, the next look finds out.
    if (looking || !sockets.hasTokens()) return
    looking = true
    look()
      .catch((error: unknown) => log.warn({ err: error }, 'revoked credentials could not be looked up'))
      .finally(() => {
        looking = false
      })
  }, EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}
