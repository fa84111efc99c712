/** Path patterns: `?` is one character and `*` any number of them within a folder; `**` also spans folders. */

/** Longest pattern, in UTF-16 code units: as long as a document's path. */
export const MAX_GLOB_CHARACTERS = 2048

/**
 * Bounds for all patterns with wildcards in one filter. A database tries them on each document: within these
 * bounds it compiles them in 0.03 s, and matching time grows at most linearly with the patterns.
 */
export const MAX_WILDCARD_GLOB_CHARACTERS = 1024
export const MAX_WILDCARDS = 64
export const MAX_DIFFERENT_GLOB_CHARACTERS = 256

/** `?`, `*` and `**`; `**` with a slash also matches no folder. All other characters are literal. */
export type GlobToken = '**/' | '**' | '*' | '?' | { readonly text: string }

/** The shortest equivalent pattern, without redundant adjacent wildcards. */
export function globTokens(glob: string): GlobToken[] {
  const tokens: GlobToken[] = []
  for (const [written] of glob.matchAll(/\*\*\/|\*\*|[*?]|[^*?]+/g)) add(tokens, tokenOf(written))
  return tokens
}

export const hasWildcards = (glob: string): boolean => /[*?]/.test(glob)

/** Why a filter with these patterns is refused; undefined if they are within the bounds. */
export function excessOf(globs: readonly string[]): string | undefined {
  const wild = globs.filter(hasWildcards)
  const characters = wild.reduce((sum, glob) => sum + glob.length, 0)
  if (characters > MAX_WILDCARD_GLOB_CHARACTERS) {
    return `patterns with wildcards may have ${MAX_WILDCARD_GLOB_CHARACTERS} characters in total, these have ${characters}: use fewer or shorter ones`
  }
  const wildcards = wild.reduce((sum, glob) => sum + globTokens(glob).filter(isWildcard).length, 0)
  if (wildcards > MAX_WILDCARDS) {
    return `patterns may contain ${MAX_WILDCARDS} wildcards in total, these contain ${wildcards}: use fewer patterns`
  }
  const different = new Set(wild.join('')).size
  if (different > MAX_DIFFERENT_GLOB_CHARACTERS) {
    return `patterns with wildcards may contain ${MAX_DIFFERENT_GLOB_CHARACTERS} different characters, these contain ${different}: use fewer patterns`
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
    // The second one is redundant.
  } else if (last === '**' && (token === '*' || token === '**/')) {
    // `**` covers these too.
  } else if (token === '**' && (last === '*' || last === '**/')) {
    tokens.pop()
    add(tokens, token)
  } else {
    tokens.push(token)
  }
}
