import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TempFolder extends Disposable {
  readonly path: string
}

/** A folder for this process, removed when disposed. */
export function tempFolder(): TempFolder {
  const path = mkdtempSync(join(tmpdir(), 'chatbot-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
