import { isAbsolute, relative, sep } from 'node:path'

/**
 * A document's uri as its reader would type it: relative when the file lies under `cwd`. Files are named by
 * their absolute real path, so that ingesting the same file from another folder does not store it twice.
 */
export function displayUri(uri: string, cwd: string): string {
  if (!isAbsolute(uri)) return uri
  const path = relative(cwd, uri)
  return path === '' || path === '..' || path.startsWith(`..${sep}`) ? uri : path
}

/** `page 3`, or `slide 3` of a presentation. */
export const pageLabel = (uri: string, page: number): string =>
  `${/\.(?:pptx|pptm|ppsx|potx|odp|otp)$/iu.test(uri) ? 'slide' : 'page'} ${page}`
