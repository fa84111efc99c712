/** Resolves the names on a command line to places. */
import { realpathSync, type Stats, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { escapePath, isDynamicPattern } from 'tinyglobby'
import type { SourceKind } from '../../domain/source.ts'
import { isWebAddress, parseWebAddress } from '../../fetch/web-address.ts'

export interface SourceLocation {
  readonly kind: SourceKind
  /** Absolute real path of a folder, absolute pattern, or URL. */
  readonly location: string
}

export interface Inputs {
  /** Each becomes a source. */
  readonly sources: readonly SourceLocation[]
  /** Absolute paths of everything else: files, and names that do not exist. */
  readonly files: readonly string[]
}

/** Throws `bad_request` for an invalid web address. */
export function inputsOf(
  inputs: readonly string[],
  { cwd, tracked }: { readonly cwd: string; readonly tracked: boolean },
): Inputs {
  const sources = new Map<string, SourceLocation>()
  const files = new Set<string>()
  for (const input of inputs) {
    const found = sourceAt(input, cwd, tracked)
    if (found === undefined) files.add(resolve(cwd, input))
    else sources.set(found.location, found)
  }
  return { sources: [...sources.values()], files: [...files] }
}

function sourceAt(input: string, cwd: string, tracked: boolean): SourceLocation | undefined {
  if (isWebAddress(input)) return { kind: 'url', location: parseWebAddress(input).href }
  const path = resolve(cwd, input)
  let stats: Stats | undefined
  try {
    stats = statSync(path, { throwIfNoEntry: false })
  } catch {
    // Trying to read it reports the reason.
    return undefined
  }
  if (stats?.isDirectory() === true) {
    return { kind: tracked ? 'git' : 'folder', location: realpathSync(path) }
  }
  if (stats !== undefined || !isDynamicPattern(input)) return undefined
  return { kind: 'glob', location: resolve(escapePath(cwd), input) }
}

/** The name under which the daemon knows a document: the path of a file that exists here, or the reference as given. */
export function documentReference(given: string): string {
  try {
    return realpathSync(given)
  } catch {
    return given
  }
}
