/** Tells when something changed in folders; what changed is found out by reading them. */
import { type FSWatcher, watch } from 'node:fs'

/** Editors write in several steps: a change counts when so long nothing more has happened. */
const QUIET_MS = 300
/** A folder that never rests is looked at nevertheless. */
const MAX_WAIT_MS = 5000

export interface FolderWatchOptions {
  /** A folder cannot be watched: the system's limit is reached, or its file system cannot. */
  readonly onBlind: (folder: string, reason: string) => void
}

/**
 * One watcher a folder, not one a file: events are hints to look, so that nothing hangs on which of them the system
 * delivers, merges or loses.
 */
export class FolderWatch implements Disposable {
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #onBlind: FolderWatchOptions['onBlind']
  #changes = 0
  #wake: (() => void) | undefined

  constructor({ onBlind }: FolderWatchOptions) {
    this.#onBlind = onBlind
  }

  /** Watches these folders and no others. True when one of them is new: it may have changed before it was watched. */
  follow(folders: readonly string[]): boolean {
    const wanted = new Set(folders)
    for (const [folder, watcher] of this.#watchers) {
      if (wanted.has(folder)) continue
      watcher.close()
      this.#watchers.delete(folder)
    }
    const fresh = folders.filter((folder) => !this.#watchers.has(folder) && this.#add(folder))
    return fresh.length > 0
  }

  /** Resolves when something has changed and things are quiet again, after `timeoutMs`, or on abort. */
  async settled(signal: AbortSignal, timeoutMs: number | undefined): Promise<void> {
    if (this.#changes === 0) await this.#event(signal, timeoutMs)
    const end = performance.now() + MAX_WAIT_MS
    while (this.#changes > 0 && !signal.aborted && performance.now() < end) {
      this.#changes = 0
      await this.#event(signal, QUIET_MS)
    }
    this.#changes = 0
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  #add(folder: string): boolean {
    try {
      const watcher = watch(folder, () => this.#changed())
      watcher.on('error', () => {
        // The folder is gone; reading its parent says so.
        watcher.close()
        this.#watchers.delete(folder)
        this.#changed()
      })
      this.#watchers.set(folder, watcher)
      return true
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      if (code !== 'ENOENT') this.#onBlind(folder, code)
      return false
    }
  }

  #changed(): void {
    this.#changes += 1
    this.#wake?.()
  }

  /** Resolves at the next event, after `timeoutMs`, or on abort. */
  #event(signal: AbortSignal, timeoutMs: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#wake = undefined
        resolve()
      }
      const timer = timeoutMs === undefined ? undefined : setTimeout(done, timeoutMs)
      this.#wake = done
      signal.addEventListener('abort', done)
      if (signal.aborted) done()
    })
  }
}
