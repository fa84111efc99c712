import { realpathSync } from 'node:fs'

/** What the daemon knows a document by: the path of a file that exists here, else the reference as it was given. */
export function documentReference(given: string): string {
  try {
    return realpathSync(given)
  } catch {
    return given
  }
}

/** `START:END`, UTF-16 code units; undefined for anything else. */
export function parseSpan(text: string): { start: number; end: number } | undefined {
  const [, start, end] = /^(\d{1,15}):(\d{1,15})$/.exec(text) ?? []
  if (start === undefined || end === undefined || Number(end) < Number(start)) return undefined
  return { start: Number(start), end: Number(end) }
}
