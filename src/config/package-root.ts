import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const NAME = '@chatbot/chatbot'

let found: string | undefined

/** The folder with this package's package.json; works from sources and from dist. */
export function packageRoot(): string {
  found ??= search(import.meta.dirname)
  return found
}

function search(folder: string): string {
  const manifest = join(folder, 'package.json')
  if (existsSync(manifest) && nameIn(manifest) === NAME) return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error(`no package.json of ${NAME} above ${import.meta.dirname}`)
  return search(parent)
}

function nameIn(manifest: string): unknown {
  const content: unknown = JSON.parse(readFileSync(manifest, 'utf8'))
  return typeof content === 'object' && content !== null && 'name' in content ? content.name : undefined
}
