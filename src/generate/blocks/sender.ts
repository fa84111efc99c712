/** Who wrote a message stands in its header, not in its text. */
import { PATTERNS } from '../editions/patterns.ts'
import { MAX_SCORE_GAP } from './compose.ts'
import type { WeighedBlock } from './rank.ts'

/** As the loader of messages writes it. */
const SENDER = /^[-*\s]{0,4}From: /u

/**
 * The header with the sender of the message that answers best, if the question asks for who wrote it. Who wrote what is
 * quoted there stands above the quotation: that is meant only where the message itself says nothing of it.
 */
export function senderOf(question: string, blocks: readonly WeighedBlock[]): WeighedBlock | undefined {
  const [best] = blocks
  const [unit] = best?.candidate.units ?? []
  if (best === undefined || unit === undefined || !PATTERNS.asksSender.test(question)) return undefined
  const isOwn = blocks.some(
    ({ candidate: { units }, score }) =>
      score > best.score - MAX_SCORE_GAP &&
      units.every(
        ({ excerpt, block }) => excerpt === unit.excerpt && block.kind !== 'quote' && block.kind !== 'field',
      ),
  )
  if (!isOwn) return undefined
  return blocks.find(({ candidate: { units } }) =>
    units.every(
      ({ excerpt, block, text }) => excerpt === unit.excerpt && block.kind === 'field' && SENDER.test(text),
    ),
  )
}
