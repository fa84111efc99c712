/** Reports that something in the folders has changed; reading them finds out what. */
import { type FSWatcher, watch } from 'node:fs'

/** Editors write in several steps: a change is reported after this long without events. */
const QUIET_MS = 300
/** A folder with constant changes is reported after this long anyway. */
const MAX_WAIT_MS = 5000

export interface FolderWatchOptions {
  /** The folder cannot be watched: the system's limit is reached, or its file system does not support it. */
  readonly onBlind: (folder: string, reason: string) => void
}

/**
 * One watcher per folder, not per file. Events only say when to look, so it does not matter which of them the system
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

  /** Watches exactly these folders. True if one of them is new: it may have changed before it was watched. */
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

  /** Resolves when a change has settled, after `timeoutMs`, or on abort. */
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
        // The folder is gone; reading its parent reports that.
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
