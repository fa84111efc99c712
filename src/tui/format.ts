/** One-line descriptions of what an answer consists of. Everything here is safe to write to a terminal. */
import { fromCache } from '../client/from-cache.ts'
import { displayUri, pageLabel } from '../client/sync/uri.ts'
import type { Answer, Citation } from '../domain/answer.ts'
import { printableLine } from '../domain/printable.ts'

/** `path:line` as typed from the current folder, which terminals and editors open; a page where the format has pages. */
export function sourceLabel({ uri, line, page }: Pick<Citation, 'uri' | 'line' | 'page'>): string {
  const path = printableLine(displayUri(uri, process.cwd()))
  if (line !== undefined) return `${path}:${line}`
  return page === undefined ? path : `${path}, ${pageLabel(uri, page)}`
}

export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}

/** Where the answer came from and how long it took. */
export function provenance({ cached, refused, generator, timings, usage, question }: Answer): string {
  const parts = [refused ? 'not found in the documents' : undefined]
  parts.push(cached === false ? printableLine(generator) : fromCache(cached, question))
  if (timings.total !== undefined) parts.push(duration(timings.total))
  if (usage !== undefined) parts.push(`${usage.promptTokens + usage.completionTokens} tokens`)
  return parts.filter((part) => part !== undefined).join(' · ')
}

export const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`
