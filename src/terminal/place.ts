/** Where a passage is, in a form that its reader can type or open. */
import { isAbsolute, relative, sep } from 'node:path'
import type { Citation } from '../domain/answer.ts'
import { printableLine } from '../domain/printable.ts'

/** `path:line`, which terminals and editors open, or `path, page 3` for formats with pages. Safe to print. */
export function placeOf({ uri, line, page }: Pick<Citation, 'uri' | 'line' | 'page'>): string {
  const path = printableLine(displayUri(uri, process.cwd()))
  if (line !== undefined) return `${path}:${line}`
  return page === undefined ? path : `${path}, ${pageLabel(uri, page)}`
}

/**
 * A document's uri, relative if the file is under `cwd`. Files are identified by their absolute real path, so that
 * ingesting the same file from another folder does not store it twice.
 */
export function displayUri(uri: string, cwd: string): string {
  if (!isAbsolute(uri)) return uri
  const path = relative(cwd, uri)
  return path === '' || path === '..' || path.startsWith(`..${sep}`) ? uri : path
}

/** `page 3`, or `slide 3` of a presentation. */
const pageLabel = (uri: string, page: number): string =>
  `${/\.(?:pptx|pptm|ppsx|potx|odp|otp)$/iu.test(uri) ? 'slide' : 'page'} ${page}`
