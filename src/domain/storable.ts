/**
 * Whether no text in it holds NUL, which no database stores. PGlite does not only refuse it: it drops its one
 * connection, and with it what others were asking.
 */
export function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0')
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, inner]) => isStorable(name) && isStorable(inner))
}
