/** What no text that is stored may hold: what `isStorable` looks for, in words. */
export const UNSTORABLE = 'NUL or half of a surrogate pair, which no text may'

/**
 * Whether no text in it holds NUL, which no database stores, or half of a surrogate pair, which no UTF-8 has: in a
 * text it would silently become another character, in JSON the statement fails. PGlite does not only refuse NUL: it
 * drops its one connection, and with it what others were asking.
 */
export function isStorable(value: unknown): boolean {
  // A list instead of recursion: whoever sends it decides how deep it is.
  const left = [value]
  while (left.length > 0) {
    const next = left.pop()
    if (typeof next === 'string') {
      if (next.includes('\0') || !next.isWellFormed()) return false
    } else if (Array.isArray(next)) {
      for (const item of next) left.push(item)
    } else if (typeof next === 'object' && next !== null) {
      for (const [name, inner] of Object.entries(next)) left.push(name, inner)
    }
  }
  return true
}
