import type { CacheHit } from '../domain/answer.ts'
import { clip, printableLine } from '../domain/printable.ts'

/** `from the cache: similar question “Who?” (2 h ago)`; the words of another asker are not known here. */
export function fromCache({ tier, question, askedAt }: CacheHit, asked: string, now = Date.now()): string {
  const isSame = tier === 'exact' || question === asked
  const which = isSame
    ? 'same question'
    : question === undefined
      ? 'an earlier question'
      : `similar question “${clip(printableLine(question), 60)}”`
  return `from the cache: ${which}${askedAt === undefined ? '' : ` (${ago(now - Date.parse(askedAt))})`}`
}

function ago(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${minutes} min ago`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`
}
