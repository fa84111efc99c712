/** What `isStorable` looks for, for messages. */
export const UNSTORABLE = 'NUL or half of a surrogate pair, which are not allowed'

/**
 * Whether no string in it contains NUL, which no database stores, or half of a surrogate pair, which UTF-8 cannot
 * encode: in text it would silently become another character, in JSON the statement fails. On NUL, PGlite also
 * drops its only connection, and with it everybody's queries.
 */
export function isStorable(value: unknown): boolean {
  // A work list instead of recursion: the sender controls the depth.
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
