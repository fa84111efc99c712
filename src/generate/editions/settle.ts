/** Leaves of ranked statements those that count at the time that the question asks about. */
import { inForce, isSameFamily, type Statement } from './in-force.ts'

export interface Settled<Item> {
  /** Best first, without other versions of the first one. */
  readonly items: readonly Item[]
  /** The items for which the first one stands, with itself; only itself if there are no versions of it. */
  readonly versions: readonly Item[]
  readonly earlier: Item | undefined
  readonly isOfTime: boolean
}

/** `gap`: as of `inForce`. */
export function settle<Item>(
  question: string,
  ranked: readonly Item[],
  statementOf: (item: Item) => Statement,
  gap: number,
): Settled<Item> {
  const found = inForce(question, ranked, statementOf, gap)
  if (found === undefined)
    return { items: ranked, versions: ranked.slice(0, 1), earlier: undefined, isOfTime: true }
  const { chosen, replaced, earlier, isOfTime } = found
  const { excerpt } = statementOf(chosen)
  const left = new Set(replaced.map((item) => statementOf(item).excerpt))
  // What an old edition says beside it is old, too.
  const isOld = (item: Item) => {
    const own = statementOf(item).excerpt
    return own !== excerpt && left.has(own) && isSameFamily(own, excerpt)
  }
  const others = ranked.filter((item) => item !== chosen && !replaced.includes(item) && !isOld(item))
  return { items: [chosen, ...others], versions: [chosen, ...replaced], earlier, isOfTime }
}
