import type { CacheHit } from '../domain/answer.ts'
import { clip, printableLine } from '../domain/printable.ts'
import { ago } from '../text/amounts.ts'

/** `from the cache: similar question “Who?” (2h ago)`; the wording of another asker is not shown. */
export function fromCache({ tier, question, askedAt }: CacheHit, asked: string, now = Date.now()): string {
  const isSame = tier === 'exact' || question === asked
  const which = isSame
    ? 'same question'
    : question === undefined
      ? 'an earlier question'
      : `similar question “${clip(printableLine(question), 60)}”`
  return `from the cache: ${which}${askedAt === undefined ? '' : ` (${ago(now - Date.parse(askedAt))})`}`
}
