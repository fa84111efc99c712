/** Which files of a folder tree git ignores: the .gitignore of every level, a deeper one overruling. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import ignore, { type Ignore } from 'ignore'

interface Level {
  readonly folder: string
  readonly rules: Ignore
}

export class IgnoreRules {
  readonly #levels: readonly Level[]

  private constructor(levels: readonly Level[]) {
    this.#levels = levels
  }

  /** The rules that hold in a folder that the user named: those of its repository, unless they ignore it. */
  static for(folder: string): IgnoreRules {
    const above = repositoryFolders(folder).reduce((rules, each) => rules.enter(each), new IgnoreRules([]))
    const named = above.ignores(folder, true) ? new IgnoreRules([]) : above
    return named.enter(folder)
  }

  /** With the .gitignore of this folder, if it has one. */
  enter(folder: string): IgnoreRules {
    const text = read(join(folder, '.gitignore'))
    if (text === undefined) return this
    return new IgnoreRules([...this.#levels, { folder, rules: ignore().add(text) }])
  }

  ignores(path: string, isFolder: boolean): boolean {
    let ignored = false
    for (const { folder, rules } of this.#levels) {
      const name = relative(folder, path)
      if (name === '' || name.startsWith('..')) continue
      const verdict = rules.test(name.split(sep).join('/') + (isFolder ? '/' : ''))
      if (verdict.ignored) ignored = true
      else if (verdict.unignored) ignored = false
    }
    return ignored
  }
}

/** The folders from the root of the git repository down to above `folder`; none outside of a repository. */
function repositoryFolders(folder: string): string[] {
  const above: string[] = []
  let current = folder
  while (!existsSync(join(current, '.git'))) {
    const parent = dirname(current)
    if (parent === current) return []
    above.unshift(parent)
    current = parent
  }
  return above
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
