import { type GlobToken, globTokens } from '../../domain/glob.ts'

/**
 * Patterns of paths as one anchored PostgreSQL regular expression, which its engine matches without going back. One
 * for all, because a session keeps only 32 compiled ones, and compiles a 33rd anew for each row.
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
