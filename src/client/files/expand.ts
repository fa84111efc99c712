/**
 * Expands a folder, a glob or named files to the files to ingest, in a stable order.
 *
 * A file is identified by its absolute real path, so that it is stored once even if it is named from another folder,
 * by another route or through a link. With `root` it is identified by its path below that folder, so that machines
 * can share an index.
 */
import { realpathSync, type Stats, statSync } from 'node:fs'
import { readdir, realpath } from 'node:fs/promises'
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path'
import type { Ignore } from 'ignore'
import { glob } from 'tinyglobby'
import { ChatbotError, type ErrorCode } from '../../domain/errors.ts'
import type { SourceKind, SourceOptions } from '../../domain/source.ts'
import { IgnoreRules, patternsOf } from './gitignore.ts'
import { isTemporary, looksLikeText } from './looks-like-text.ts'
import { TrackedFiles } from './tracked.ts'

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
  readonly reason:
    | 'ignored by .gitignore'
    | 'not tracked by Git'
    | 'excluded'
    | 'hidden'
    | 'a temporary file of an editor'
    | 'not a supported format'
    | 'not a file'
}

export interface Expansion {
  readonly files: readonly FoundFile[]
  readonly failed: readonly FailedFile[]
  readonly skipped: readonly SkippedFile[]
  /** False if a folder or a link could not be read: files that were not found may still exist. */
  readonly complete: boolean
  /** Real paths of the folders that were read. */
  readonly folders: readonly string[]
}

export interface ExpandOptions extends SourceOptions {
  /**
   * Extensions to find, in lower case with the dot; texts with another or none are found, too, and files that are named or
   * included are always taken.
   */
  readonly extensions: ReadonlySet<string>
}

/** Folders of package managers and version control: not ingested unless named. */
const SKIPPED_FOLDERS = new Set(['node_modules', '.git', '.hg', '.svn'])

/** Expands named files, given by absolute paths. */
export async function expandFiles(paths: readonly string[], options: ExpandOptions): Promise<Expansion> {
  const walk = new Walk(sep, options)
  for (const path of paths) await walk.named(path)
  return walk.expansion()
}

/** The current files of a source on this machine. Failures are listed; throws `bad_request` for an invalid root. */
export async function expandSource(
  kind: Exclude<SourceKind, 'url'>,
  location: string,
  options: ExpandOptions,
): Promise<Expansion> {
  const walk = new Walk(kind === 'glob' ? sep : location, options)
  if (kind === 'glob') await walk.glob(location)
  else await walk.folder(location, kind === 'git')
  return walk.expansion()
}

interface Rules {
  enter: (folder: string) => Rules
  ignores: (path: string, isFolder: boolean) => boolean
}

class Walk {
  readonly #failed: FailedFile[] = []
  readonly #skipped: SkippedFile[] = []
  #complete = true
  readonly #found = new Map<string, FoundFile>()
  /** Real paths: stops at loops of links, and reads a folder only once even if two links lead to it. */
  readonly #visited = new Set<string>()
  readonly #options: ExpandOptions
  /** Folder that `include` and `exclude` are relative to. */
  readonly #base: string
  readonly #root: string | undefined
  readonly #include: Ignore | undefined
  readonly #exclude: Ignore
  #ignored: SkippedFile['reason'] = 'ignored by .gitignore'

  constructor(base: string, options: ExpandOptions) {
    this.#options = options
    this.#base = base
    this.#root = options.root === undefined ? undefined : realRoot(options.root)
    this.#include = options.include === undefined ? undefined : patternsOf(options.include)
    this.#exclude = patternsOf(options.exclude ?? [])
  }

  expansion(): Expansion {
    return {
      files: [...this.#found.values()],
      failed: this.#failed,
      skipped: this.#skipped,
      complete: this.#complete,
      folders: [...this.#visited],
    }
  }

  async named(path: string): Promise<void> {
    try {
      const stats = statSync(path)
      if (!stats.isFile()) throw notAFile()
      this.#take(await realpath(path))
    } catch (error) {
      this.#fail(path, error)
    }
  }

  async folder(path: string, tracked: boolean): Promise<void> {
    if (tracked) this.#ignored = 'not tracked by Git'
    try {
      const folder = await realpath(path)
      await this.#folder(folder, tracked ? await TrackedFiles.in(folder) : IgnoreRules.for(folder))
    } catch (error) {
      this.#unreadable(path, error)
    }
  }

  async glob(pattern: string): Promise<void> {
    const matches = await glob(pattern, {
      absolute: true,
      ignore: ['**/node_modules/**', '**/.git/**'],
      onlyFiles: true,
      expandDirectories: false,
    })
    if (matches.length === 0) {
      this.#unreadable(pattern, new ChatbotError('not_found', 'No file matches this pattern.'))
    }
    const rules = new Map<string, IgnoreRules>()
    for (const match of matches.sort(byName)) {
      const path = resolve(match)
      const folder = dirname(path)
      const known = rules.get(folder) ?? IgnoreRules.for(folder)
      rules.set(folder, known)
      this.#visited.add(folder)
      await realpath(path).then(
        (real) => this.#file(path, known, real),
        (error: unknown) => this.#unreadable(path, error),
      )
    }
  }

  async #folder(folder: string, rules: Rules): Promise<void> {
    if (this.#visited.has(folder)) return
    this.#visited.add(folder)
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      this.#unreadable(folder, error)
      return []
    })
    for (const entry of entries.sort((one, other) => byName(one.name, other.name))) {
      const path = join(folder, entry.name)
      if (SKIPPED_FOLDERS.has(entry.name)) continue
      if (entry.name.startsWith('.')) {
        this.#skipped.push({ path, reason: 'hidden' })
      } else if (entry.isSymbolicLink()) {
        await this.#link(path, rules)
      } else if (entry.isDirectory()) {
        if (!this.#leavesOut(path, rules, true)) await this.#folder(path, rules.enter(path))
      } else if (entry.isFile()) {
        this.#file(path, rules, path)
      } else {
        this.#skipped.push({ path, reason: 'not a file' })
      }
    }
  }

  async #link(path: string, rules: Rules): Promise<void> {
    let target: string
    let stats: Stats
    try {
      target = await realpath(path)
      stats = statSync(target)
    } catch (error) {
      if (!this.#leavesOut(path, rules, false)) this.#unreadable(path, error)
      return
    }
    if (!stats.isDirectory()) this.#file(path, rules, target)
    else if (!this.#leavesOut(path, rules, true)) await this.#folder(target, IgnoreRules.for(target))
  }

  /** Takes a file that was found, not named. */
  #file(path: string, rules: Rules, real: string): void {
    if (this.#leavesOut(path, rules, false)) return
    const name = this.#name(path)
    const included = this.#include?.ignores(name)
    if (included === false) {
      this.#skipped.push({ path, reason: 'excluded' })
    } else if (basename(path).startsWith('~$')) {
      this.#skipped.push({ path, reason: 'a temporary file of an editor' })
    } else {
      const isKnown = included === true || this.#options.extensions.has(extname(path).toLowerCase())
      const reason = isKnown ? undefined : unknownReason(path)
      if (reason === undefined) this.#take(real)
      else this.#skipped.push({ path, reason })
    }
  }

  #leavesOut(path: string, rules: Rules, isFolder: boolean): boolean {
    if (rules.ignores(path, isFolder)) {
      this.#skipped.push({ path, reason: this.#ignored })
      return true
    }
    const name = this.#name(path)
    const excluded = this.#exclude.ignores(isFolder ? `${name}/` : name)
    if (excluded) this.#skipped.push({ path, reason: 'excluded' })
    return excluded
  }

  /** The path that `include` and `exclude` match: relative to the base, or the whole one if a link leads out of it. */
  #name(path: string): string {
    const below = relative(this.#base, path)
    return posix(below.startsWith('..') ? relative(sep, path) : below)
  }

  #take(real: string): void {
    try {
      const uri = this.#uri(real)
      if (!this.#found.has(uri)) this.#found.set(uri, { path: real, uri })
    } catch (error) {
      this.#fail(real, error)
    }
  }

  #uri(real: string): string {
    if (this.#root === undefined) return short(posix(real))
    const below = relative(this.#root, real)
    if (below === '..' || below.startsWith(`..${sep}`)) {
      throw new ChatbotError('bad_request', `It is outside --root ${this.#root}.`)
    }
    return short(posix(below))
  }

  #unreadable(path: string, thrown: unknown): void {
    this.#complete = false
    this.#fail(path, thrown)
  }

  #fail(path: string, thrown: unknown): void {
    const { code, message } = fileProblem(thrown, path)
    this.#failed.push({ path, code, reason: message })
  }
}

/** Why a file is not taken whose ending no format claims; undefined for a text. */
function unknownReason(path: string): SkippedFile['reason'] | undefined {
  if (isTemporary(path)) return 'a temporary file of an editor'
  return looksLikeText(path) ? undefined : 'not a supported format'
}

/** The index's limit for names. */
const MAX_URI_BYTES = 2048

function short(uri: string): string {
  if (Buffer.byteLength(uri) <= MAX_URI_BYTES) return uri
  throw new ChatbotError(
    'bad_request',
    `Its path is longer than ${MAX_URI_BYTES} bytes. With --root, documents are named by their path below a folder.`,
  )
}

const notAFile = () =>
  new ChatbotError(
    'document_unreadable',
    'It is not a regular file. To read a stream: chatbot ingest - --name NAME',
  )

/** The reason why a file or folder cannot be read, as an error for the list. */
export function fileProblem(thrown: unknown, path = ''): ChatbotError {
  if (thrown instanceof ChatbotError) return thrown
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  switch (code) {
    case 'ENOENT':
      if (path.includes('\ufffd')) {
        const reason = 'Its name is not valid UTF-8, so it cannot be opened. Rename it.'
        return new ChatbotError('document_unreadable', reason, { cause: thrown })
      }
      return new ChatbotError('not_found', 'There is no such file or folder.', { cause: thrown })
    case 'EACCES':
    case 'EPERM':
      return new ChatbotError('document_unreadable', 'Permission denied.', { cause: thrown })
    case 'ELOOP':
      return new ChatbotError('document_unreadable', 'The link points to itself.', { cause: thrown })
    default:
      return ChatbotError.wrap(thrown, 'document_unreadable')
  }
}

function realRoot(root: string): string {
  try {
    return realpathSync(root)
  } catch (error) {
    throw new ChatbotError('bad_request', `--root ${root}: ${fileProblem(error, root).message}`)
  }
}

/** By code unit: the same order on every machine, whatever its locale. */
const byName = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)

const posix = (path: string) => path.split(sep).join('/')
