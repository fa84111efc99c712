/**
 * The files of a folder tree that git ignores. Sources, weakest first: the user's excludes, the repository's
 * info/exclude, and the .gitignore of every level. A .chatbotignore overrides the .gitignore beside it.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, relative, resolve, sep } from 'node:path'
import ignore, { type Ignore } from 'ignore'

interface Level {
  readonly folder: string
  readonly text: string
  readonly rules: Ignore
}

export class IgnoreRules {
  readonly #levels: readonly Level[]

  private constructor(levels: readonly Level[]) {
    this.#levels = levels
  }

  /** The rules for a folder that the user named: those of its repository, unless they ignore it. */
  static for(folder: string): IgnoreRules {
    const above = repositoryFolders(folder).reduce((rules, each) => rules.enter(each), new IgnoreRules([]))
    const named = above.ignores(folder, true) ? new IgnoreRules([]) : above
    return named.enter(folder)
  }

  /** The rules in this folder, which the current ones do not ignore. */
  enter(folder: string): IgnoreRules {
    // A repository inside another, like a submodule, has separate rules.
    const outer = existsSync(join(folder, '.git'))
      ? excludesOf(folder).map((text) => levelOf(folder, text))
      : this.#levels.map((level) => readmitted(level, folder))
    const own = ['.gitignore', '.chatbotignore'].flatMap((name) => read(join(folder, name)) ?? [])
    if (own.length === 0 && outer.every((level, index) => level === this.#levels[index])) return this
    return new IgnoreRules([...outer, ...own.map((text) => levelOf(folder, text))])
  }

  ignores(path: string, isFolder: boolean): boolean {
    let ignored = false
    for (const { folder, rules } of this.#levels) {
      const name = nameIn(folder, path)
      if (name === undefined) continue
      const verdict = rules.test(isFolder ? `${name}/` : name)
      if (verdict.ignored) ignored = true
      else if (verdict.unignored) ignored = false
    }
    return ignored
  }
}

/** Like git's default: names are case-insensitive only where file systems are. */
const FOLDED = process.platform === 'darwin' || process.platform === 'win32'

/** Matches names against patterns as in .gitignore. */
export const patternsOf = (text: string | readonly string[]): Ignore =>
  ignore({ ignorecase: FOLDED }).add(text)

const levelOf = (folder: string, text: string): Level => ({ folder, text, rules: patternsOf(text) })

/**
 * The level's rules inside a folder that it ignores but a deeper level has re-included: the contents are judged by
 * their own names, not by that folder's.
 */
function readmitted(level: Level, folder: string): Level {
  const name = nameIn(level.folder, folder)
  if (name === undefined || !level.rules.test(`${name}/`).ignored) return level
  const escaped = name.replace(/[\\*?[\]! #]/g, '\\$&')
  return levelOf(level.folder, `${level.text}\n!/${escaped}/`)
}

/** The path below the folder, with slashes; undefined if it is outside. */
function nameIn(folder: string, path: string): string | undefined {
  if (path.startsWith(folder) && path[folder.length] === sep) {
    const name = path.slice(folder.length + 1)
    return sep === '/' ? name : name.split(sep).join('/')
  }
  const name = relative(folder, path)
  return name === '' || name.startsWith('..') ? undefined : name.split(sep).join('/')
}

/** The folders from the root of the git repository down to the parent of `folder`; none outside a repository. */
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

/** The excludes of a whole repository, weakest first: the user's excludes file, then info/exclude. */
function excludesOf(repository: string): string[] {
  const common = gitFolder(join(repository, '.git'))
  return [userExcludes(repository), join(common, 'info', 'exclude')].flatMap((path) => read(path) ?? [])
}

/** The folder shared by all work trees; `.git` is a file in a linked work tree and in a submodule. */
function gitFolder(path: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return path
  const pointed = /^gitdir: (.+)$/m.exec(read(path) ?? '')?.[1]
  if (pointed === undefined) return path
  const own = resolve(dirname(path), pointed.trim())
  const common = read(join(own, 'commondir'))
  return common === undefined ? own : resolve(own, common.trim())
}

function userExcludes(repository: string): string {
  try {
    const options = ['config', '--type=path', '--get', 'core.excludesFile']
    const configured = execFileSync('git', options, {
      cwd: repository,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    if (configured !== '') return resolve(repository, configured)
  } catch {
    // Not set, or git is not installed.
  }
  return join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'git', 'ignore')
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
