/** Patterns of paths: `?` is one character and `*` any number of them within a folder, `**` also across folders. */

/** Longest pattern, in UTF-16 code units: that of a document's path. */
export const MAX_GLOB_CHARACTERS = 2048

/**
 * Of the patterns with wildcards of one filter, together. A database tries all of them on each document: within these
 * bounds it is ready to do so in 0.03 s, and the time grows no faster than the patterns.
 */
export const MAX_WILDCARD_GLOB_CHARACTERS = 1024
export const MAX_WILDCARDS = 64
export const MAX_DIFFERENT_GLOB_CHARACTERS = 256

/** `?`, `*` and `**` as they are written; `**` and a slash is no folder too. All else stands for itself. */
export type GlobToken = '**/' | '**' | '*' | '?' | { readonly text: string }

/** The pattern in its shortest form: no wildcards in a row that mean less together. */
export function globTokens(glob: string): GlobToken[] {
  const tokens: GlobToken[] = []
  for (const [written] of glob.matchAll(/\*\*\/|\*\*|[*?]|[^*?]+/g)) add(tokens, tokenOf(written))
  return tokens
}

export const hasWildcards = (glob: string): boolean => /[*?]/.test(glob)

/** What a filter with these patterns is refused for; undefined when they are within the bounds. */
export function excessOf(globs: readonly string[]): string | undefined {
  const wild = globs.filter(hasWildcards)
  const characters = wild.reduce((sum, glob) => sum + glob.length, 0)
  if (characters > MAX_WILDCARD_GLOB_CHARACTERS) {
    return `patterns with wildcards may have ${MAX_WILDCARD_GLOB_CHARACTERS} characters together, these have ${characters}: name fewer, or shorter ones`
  }
  const wildcards = wild.reduce((sum, glob) => sum + globTokens(glob).filter(isWildcard).length, 0)
  if (wildcards > MAX_WILDCARDS) {
    return `patterns may hold ${MAX_WILDCARDS} wildcards together, these hold ${wildcards}: name fewer patterns`
  }
  const different = new Set(wild.join('')).size
  if (different > MAX_DIFFERENT_GLOB_CHARACTERS) {
    return `patterns with wildcards may hold ${MAX_DIFFERENT_GLOB_CHARACTERS} different characters together, these hold ${different}: name fewer`
  }
  return undefined
}

const isWildcard = (token: GlobToken): boolean => typeof token === 'string'

function tokenOf(written: string): GlobToken {
  switch (written) {
    case '**/':
    case '**':
    case '*':
    case '?':
      return written
    default:
      return { text: written }
  }
}

function add(tokens: GlobToken[], token: GlobToken): void {
  const last = tokens.at(-1)
  if (token === '?' && last === '*') {
    tokens.splice(-1, 0, token)
  } else if (last === token && token !== '?') {
    // The second says nothing new.
  } else if (last === '**' && (token === '*' || token === '**/')) {
    // `**` is these, too.
  } else if (token === '**' && (last === '*' || last === '**/')) {
    tokens.pop()
    add(tokens, token)
  } else {
    tokens.push(token)
  }
}
