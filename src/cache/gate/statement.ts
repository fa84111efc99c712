/**
 * Statements and keyword lists ask nothing specific: their topic decides. Ordinary words may be added or differ if
 * the embedder sees almost no difference; numbers, names, negation and roles must match.
 */

import type { Lexicon } from '../../text/lexicon.ts'
import type { Verdict } from './gate.ts'
import type { Word } from './words.ts'

const MIN_WORDS = 3
/** Share of the longer statement's words. */
const MAX_EXTRA_SHARE = 0.35
/** Differences that do not reverse the meaning. */
const MILD = new Set(['content', 'name', 'person', 'connective', 'question-word'])

export function compareStatements(
  a: readonly Word[],
  b: readonly Word[],
  lexicon: Lexicon,
): Verdict | undefined {
  if (Math.max(a.length, b.length) < MIN_WORDS) return undefined
  const onlyA = without(a, b)
  const onlyB = without(b, a)
  const extra = [...onlyA, ...onlyB]
  const most = Math.max(onlyA.length, onlyB.length)
  if (most > Math.max(1, MAX_EXTRA_SHARE * Math.max(a.length, b.length))) return undefined
  if (extra.some(({ kind }) => !MILD.has(kind))) return undefined
  const isReplaced = onlyA.length > 0 && onlyB.length > 0
  if (isReplaced && extra.some(({ kind }) => kind !== 'content')) return undefined
  if (onlyA.some((one) => onlyB.some((two) => lexicon.opposites.has(`${one.key}_${two.key}`))))
    return undefined
  if (!isOneMove(without(a, onlyA), without(b, onlyB), lexicon)) return undefined
  return { kind: 'close', detail: extra.map(({ form }) => `“${form}”`).join(', ') }
}

/** The words without a counterpart among the others; each counterpart counts once. */
function without(words: readonly Word[], others: readonly Word[]): Word[] {
  const left = others.map(({ key }) => key)
  return words.filter(({ key }) => {
    const at = left.indexOf(key)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

/** Equal, or one phrase has moved. Words that swapped places do not qualify: they may have swapped roles. */
function isOneMove(a: readonly Word[], b: readonly Word[], lexicon: Lexicon): boolean {
  const same = (i: number, j: number): boolean => {
    const one = a[i]
    const two = b[j]
    if (one?.key !== two?.key || lexicon.isOtherRole(one?.form ?? '', two?.form ?? '')) return false
    const [before = '', after = ''] = [one?.preposition, two?.preposition]
    if (before === after) return true
    const isRole = lexicon.strictPrepositions.has(before) || lexicon.strictPrepositions.has(after)
    return !isRole || ((before === '' || after === '') && before + after === lexicon.companion)
  }
  let start = 0
  while (start < a.length && same(start, start)) start++
  let end = a.length
  while (end > start && same(end - 1, end - 1)) end--
  const length = end - start
  if (length === 0) return true
  const isRotatedBy = (cut: number): boolean => {
    for (let i = 0; i < length; i++) if (!same(start + ((i + cut) % length), start + i)) return false
    return true
  }
  for (let cut = 1; cut < length; cut++) {
    const rest = length - cut
    if (!isRotatedBy(cut)) continue
    const isMarked = (at: number) => (a[at]?.preposition ?? '') !== ''
    return isMarked(start) || isMarked(start + cut) || (cut > 1 && rest > 1)
  }
  return false
}
