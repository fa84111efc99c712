/** Detects revoked credentials on every daemon of a database, and closes the sockets opened with them. */
import type { Logger } from './log.ts'
import type { Life } from './services.ts'
import type { SocketServer } from './socket/server.ts'

/** A revoked key's sockets are closed within this time plus one statement. */
const EVERY_MS = 1000

/** Returns a function that stops the watch. */
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
    // Without revocable tokens there is nothing to do; the next check catches up.
    if (looking || !sockets.hasTokens()) return
    looking = true
    look()
      .catch((error: unknown) => log.warn({ err: error }, 'could not look up revoked credentials'))
      .finally(() => {
        looking = false
      })
  }, EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}
