/**
 * From what a user names (files, folders, globs) to the files to ingest, in a stable order.
 *
 * A file is known by its absolute real path, so that naming it from another folder, by another route or through
 * a link does not store it twice; with `root` by its path below that folder, so that machines can share an index.
 */
import { realpathSync, type Stats, statSync } from 'node:fs'
import { readdir, realpath } from 'node:fs/promises'
import { dirname, extname, join, relative, resolve, sep } from 'node:path'
import { glob, isDynamicPattern } from 'tinyglobby'
import { ChatbotError, type ErrorCode } from '../domain/errors.ts'
import { IgnoreRules } from './gitignore.ts'

export interface FoundFile {
  /** Absolute real path. */
  readonly path: string
  /** The document's name in the index. */
  readonly uri: string
}

export interface FailedFile {
  readonly path: string
  readonly code: ErrorCode
  readonly reason: string
}

export interface SkippedFile {
  readonly path: string
  readonly reason: 'ignored by .gitignore' | 'hidden' | 'not a supported format' | 'not a file'
}

export interface Expansion {
  readonly files: readonly FoundFile[]
  readonly failed: readonly FailedFile[]
  readonly skipped: readonly SkippedFile[]
}

export interface ExpandOptions {
  readonly cwd: string
  /** Folder that uris are relative to; absolute paths without it. */
  readonly root?: string
  /** Of files taken from a folder or a glob, in lower case with the dot; a file that is named is always taken. */
  readonly extensions: ReadonlySet<string>
}

/** Never ingested unless named: what package managers and version control keep. */
const SKIPPED_FOLDERS = new Set(['node_modules', '.git', '.hg', '.svn'])

export async function expandPaths(inputs: readonly string[], options: ExpandOptions): Promise<Expansion> {
  const walk = new Walk(options)
  for (const input of inputs) await walk.input(input)
  return walk
}

class Walk implements Expansion {
  readonly failed: FailedFile[] = []
  readonly skipped: SkippedFile[] = []
  readonly #found = new Map<string, FoundFile>()
  /** Real paths: a loop of links ends here, and a folder that two links lead to is read once. */
  readonly #visited = new Set<string>()
  readonly #options: ExpandOptions
  readonly #root: string | undefined

  constructor(options: ExpandOptions) {
    this.#options = options
    this.#root = options.root === undefined ? undefined : realRoot(resolve(options.cwd, options.root))
  }

  get files(): readonly FoundFile[] {
    return [...this.#found.values()]
  }

  async input(input: string): Promise<void> {
    const path = resolve(this.#options.cwd, input)
    let stats: Stats
    try {
      stats = statSync(path)
    } catch (error) {
      if (isMissing(error) && isDynamicPattern(input)) await this.#glob(input)
      else this.#fail(path, error)
      return
    }
    if (stats.isDirectory()) {
      const folder = await realpath(path)
      await this.#folder(folder, IgnoreRules.for(folder))
    } else if (stats.isFile()) {
      await this.#take(path)
    } else {
      this.failed.push({
        path,
        code: 'document_unreadable',
        reason: 'It is not a regular file. To read a stream: chatbot ingest - --name NAME',
      })
    }
  }

  async #glob(pattern: string): Promise<void> {
    const matches = await glob(pattern, {
      cwd: this.#options.cwd,
      absolute: true,
      ignore: ['**/node_modules/**', '**/.git/**'],
      onlyFiles: true,
      expandDirectories: false,
    })
    if (matches.length === 0) {
      this.failed.push({ path: pattern, code: 'not_found', reason: 'No file fits this pattern.' })
    }
    const rules = new Map<string, IgnoreRules>()
    for (const match of matches.sort(byName)) {
      const path = resolve(match)
      const folder = dirname(path)
      const known = rules.get(folder) ?? IgnoreRules.for(folder)
      rules.set(folder, known)
      await this.#file(path, known)
    }
  }

  async #folder(folder: string, rules: IgnoreRules): Promise<void> {
    if (this.#visited.has(folder)) return
    this.#visited.add(folder)
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      this.#fail(folder, error)
      return []
    })
    for (const entry of entries.sort((one, other) => byName(one.name, other.name))) {
      const path = join(folder, entry.name)
      if (SKIPPED_FOLDERS.has(entry.name)) continue
      if (entry.name.startsWith('.')) {
        this.skipped.push({ path, reason: 'hidden' })
      } else if (entry.isSymbolicLink()) {
        await this.#link(path, rules)
      } else if (entry.isDirectory()) {
        await this.#subfolder(path, rules)
      } else if (entry.isFile()) {
        await this.#file(path, rules)
      } else {
        this.skipped.push({ path, reason: 'not a file' })
      }
    }
  }

  async #subfolder(path: string, rules: IgnoreRules): Promise<void> {
    if (rules.ignores(path, true)) this.skipped.push({ path, reason: 'ignored by .gitignore' })
    else await this.#folder(path, rules.enter(path))
  }

  async #link(path: string, rules: IgnoreRules): Promise<void> {
    try {
      const target = await realpath(path)
      if (!statSync(target).isDirectory()) await this.#file(path, rules)
      else if (rules.ignores(path, true)) this.skipped.push({ path, reason: 'ignored by .gitignore' })
      else await this.#folder(target, IgnoreRules.for(target))
    } catch (error) {
      this.#fail(path, error)
    }
  }

  /** A file that was found, not named. */
  async #file(path: string, rules: IgnoreRules): Promise<void> {
    if (rules.ignores(path, false)) {
      this.skipped.push({ path, reason: 'ignored by .gitignore' })
    } else if (!this.#options.extensions.has(extname(path).toLowerCase())) {
      this.skipped.push({ path, reason: 'not a supported format' })
    } else {
      await this.#take(path)
    }
  }

  async #take(path: string): Promise<void> {
    try {
      const real = await realpath(path)
      const uri = this.#uri(real)
      if (!this.#found.has(uri)) this.#found.set(uri, { path: real, uri })
    } catch (error) {
      this.#fail(path, error)
    }
  }

  #uri(real: string): string {
    if (this.#root === undefined) return posix(real)
    const below = relative(this.#root, real)
    if (below === '..' || below.startsWith(`..${sep}`)) {
      throw new ChatbotError('bad_request', `It lies outside of --root ${this.#root}.`)
    }
    return posix(below)
  }

  #fail(path: string, thrown: unknown): void {
    const { code, message } = fileProblem(thrown)
    this.failed.push({ path, code, reason: message })
  }
}

/** Why a file or folder cannot be read, as an error of the list. */
export function fileProblem(thrown: unknown): ChatbotError {
  if (thrown instanceof ChatbotError) return thrown
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  switch (code) {
    case 'ENOENT':
      return new ChatbotError('not_found', 'There is no such file or folder.', { cause: thrown })
    case 'EACCES':
    case 'EPERM':
      return new ChatbotError('document_unreadable', 'Permission denied.', { cause: thrown })
    case 'ELOOP':
      return new ChatbotError('document_unreadable', 'The link leads in a circle.', { cause: thrown })
    default:
      return ChatbotError.wrap(thrown, 'document_unreadable')
  }
}

function realRoot(root: string): string {
  try {
    return realpathSync(root)
  } catch (error) {
    throw new ChatbotError('bad_request', `--root ${root}: ${fileProblem(error).message}`)
  }
}

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** By code unit: the same order on every machine, whatever its locale. */
const byName = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)

const posix = (path: string) => path.split(sep).join('/')
