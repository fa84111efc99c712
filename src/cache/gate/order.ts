/** Aligns the words of two questions in order. */

import type { Lexicon } from '../../text/lexicon.ts'
import type { Verdict } from './gate.ts'
import type { Word } from './words.ts'

export function differentOrder(a: readonly Word[], b: readonly Word[], lexicon: Lexicon): Verdict {
  const straight = align(a, b, lexicon)
  if (straight.kind !== 'different' || !haveSameWords(a, b)) return straight
  const isMoved =
    samePhrases(a, b, lexicon) ||
    align(withoutGenitive(a, lexicon), withoutGenitive(b, lexicon), lexicon).kind === 'same'
  if (isMoved) return { kind: 'same' }
  if (straight.reason === 'direction') return straight
  return { kind: 'different', reason: 'order', detail: 'the same words in another order' }
}

export function haveSameWords(a: readonly Word[], b: readonly Word[]): boolean {
  const bag = (words: readonly Word[]) => words.map(({ key }) => key).sort()
  return bag(a).join(' ') === bag(b).join(' ')
}

function align(a: readonly Word[], b: readonly Word[], lexicon: Lexicon): Verdict {
  const [onlyA, onlyB, pairs] = difference(a, b)
  const [x] = onlyA
  const [y] = onlyB
  const worst = [...onlyA, ...onlyB].find(({ kind }) => kind !== 'content') ?? x ?? y
  if (worst === undefined) return differentRole(pairs, lexicon) ?? { kind: 'same' }
  // May be left out but not replaced: `get help` is not `give help`.
  const isLight =
    onlyA.length + onlyB.length === 1 && worst.kind === 'content' && lexicon.light.has(worst.key)
  if (isLight && differentRole(pairs, lexicon) === undefined)
    return { kind: 'close', detail: `“${worst.form}”` }
  return { kind: 'different', reason: worst.kind, detail: `“${x?.form ?? ''}”, “${y?.form ?? ''}”` }
}

/** Aligned words in different roles: `to Paris` and `from Paris`, the subject and the object. */
function differentRole(pairs: readonly [Word, Word][], lexicon: Lexicon): Verdict | undefined {
  for (const [one, two] of pairs) {
    const detail = `“${one.preposition} ${one.form}”, “${two.preposition} ${two.form}”`
    if (!mayStandFor(one.preposition, two.preposition, lexicon)) {
      return { kind: 'different', reason: 'direction', detail }
    }
    const isGoverned = one.preposition !== '' || one.kind === 'unit' || one.kind === 'question-word'
    if (!isGoverned && lexicon.isOtherRole(one.form, two.form)) {
      return { kind: 'different', reason: 'order', detail }
    }
  }
  return undefined
}

const mayStandFor = (a: string, b: string, { loosePrepositions }: Lexicon): boolean => {
  if (a === b) return true
  if (a === '' || b === '') return loosePrepositions.has(a + b)
  return loosePrepositions.has(`${a}_${b}`) || loosePrepositions.has(`${b}_${a}`)
}

/** Longest common subsequence by key: the words that only one side has, and the pairs. */
function difference(a: readonly Word[], b: readonly Word[]): [Word[], Word[], [Word, Word][]] {
  const width = b.length + 1
  const table = new Uint16Array((a.length + 1) * width)
  const at = (i: number, j: number) => table[i * width + j] ?? 0
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      table[i * width + j] =
        a[i]?.key === b[j]?.key ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const onlyA: Word[] = []
  const onlyB: Word[] = []
  const pairs: [Word, Word][] = []
  let i = 0
  let j = 0
  for (;;) {
    const one = a[i]
    const two = b[j]
    if (one === undefined || two === undefined) break
    if (one.key === two.key) {
      pairs.push([one, two])
      i++
      j++
    } else if (at(i + 1, j) >= at(i, j + 1)) {
      onlyA.push(one)
      i++
    } else {
      onlyB.push(two)
      j++
    }
  }
  return [[...onlyA, ...a.slice(i)], [...onlyB, ...b.slice(j)], pairs]
}

/** Rewrites `the capital of France` to `France's capital`. */
function withoutGenitive(words: readonly Word[], lexicon: Lexicon): readonly Word[] {
  const at = words.findIndex(({ preposition }) => preposition === lexicon.genitive)
  const [owner] = words.slice(at, at + 1)
  if (at < 1 || owner === undefined) return words
  let start = at - 1
  while (
    start > 0 &&
    words[start]?.first === false &&
    words[start]?.preposition === '' &&
    words[start - 1]?.kind === 'content'
  )
    start--
  let end = at + 1
  while (words[end] !== undefined && words[end]?.first === false && words[end]?.preposition === '') end++
  const owned = words.slice(start, at)
  const [head] = owned
  if (head === undefined || head.kind === 'question-word') return words
  return [
    ...words.slice(0, start),
    { ...owner, preposition: head.preposition },
    ...words.slice(at + 1, end),
    { ...head, preposition: '' },
    ...owned.slice(1),
    ...withoutGenitive(words.slice(end), lexicon),
  ]
}

/** The same phrases with prepositions elsewhere: `in 1995 who won`, `who won in 1995`. */
function samePhrases(a: readonly Word[], b: readonly Word[], lexicon: Lexicon): boolean {
  const isTurned = a.some((one) =>
    b.some((two) => one.key === two.key && lexicon.isOtherRole(one.form, two.form)),
  )
  if (isTurned) return false
  const one = phrases(a)
  const two = phrases(b)
  if (one.core.join(' ') !== two.core.join(' ')) return false
  if (one.groups.toSorted().join('|') !== two.groups.toSorted().join('|')) return false
  const heads = (list: readonly string[]) => new Set(list.map((group) => group.split(' ')[0])).size
  return heads(one.groups) === one.groups.length
}

function phrases(words: readonly Word[]): { core: string[]; groups: string[] } {
  const core: string[] = []
  const found: string[][] = []
  let open: string[] | undefined
  for (const word of words) {
    if (word.preposition !== '') {
      open = [word.preposition]
      found.push(open)
    } else if (word.first && word.kind === 'question-word') open = undefined
    if (open === undefined) core.push(word.key)
    else open.push(word.key)
  }
  return { core, groups: found.map((group) => group.join(' ')) }
}
