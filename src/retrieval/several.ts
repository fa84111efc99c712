/** The passages of several searches for one message. */
import type { Passage } from '../domain/answer.ts'
import { contains } from '../domain/spans.ts'
import type { RetrievalSettings } from '../protocol/retrieval.ts'

/** Several questions at once are answered from at most so many times the passages and tokens of one. */
const MAX_TIMES = 2
/** With fewer passages, what else the search has found would be lost too easily. */
const MIN_PASSAGES = 4

/** Each search's share. */
export function sharedSettings(settings: RetrievalSettings, searches: number): RetrievalSettings {
  const share = (whole: number, least: number) =>
    Math.min(whole, Math.max(least, Math.ceil((MAX_TIMES * whole) / searches)))
  return {
    ...settings,
    passages: share(settings.passages, MIN_PASSAGES),
    maxTokens: share(settings.maxTokens, 1),
  }
}

/** The best of each search first, numbered on; what a better passage holds is left out. */
export function mergedPassages(lists: readonly (readonly Passage[])[]): Passage[] {
  const merged: Passage[] = []
  const longest = Math.max(...lists.map(({ length }) => length))
  for (let place = 0; place < longest; place += 1) {
    for (const list of lists) {
      const passage = list[place]
      if (passage === undefined) continue
      const isHeld = merged.some((other) => other.document === passage.document && contains(other, passage))
      if (!isHeld) merged.push({ ...passage, number: merged.length + 1 })
    }
  }
  return merged
}
