import { type GlobToken, globTokens } from '../../domain/glob.ts'

/**
 * Compiles path patterns to one anchored PostgreSQL regular expression, which its engine matches without
 * backtracking. A single one, because a session caches only 32 compiled ones and recompiles a 33rd for each row.
 */
export const globsToRegex = (globs: readonly string[]): string =>
  `^(?:${globs.map((glob) => globTokens(glob).map(tokenToRegex).join('')).join('|')})$`

function tokenToRegex(token: GlobToken): string {
  switch (token) {
    case '**/':
      return '(?:.*/)?'
    case '**':
      return '.*'
    case '*':
      return '[^/]*'
    case '?':
      return '[^/]'
    default:
      return token.text.replace(/[\\^$.|+()[\]{}]/g, '\\$&')
  }
}
