/** Two small convex fits by full-batch AdaGrad; features are standardised inside and the weights given for raw ones. */

export type Features<K extends string> = Readonly<Record<K, number>>

interface Scale {
  readonly mean: number
  readonly deviation: number
}

/**
 * Weights of a softmax over each list's items that give the right ones the most probability.
 * Lists without a right item say nothing and are left out.
 */
export function fitChoice<K extends string>(
  names: readonly K[],
  lists: readonly (readonly { readonly features: Features<K>; readonly right: boolean }[])[],
): Record<K, number> {
  const useful = lists.filter((list) => list.some((item) => item.right))
  const scales = scalesOf(
    names,
    useful.flatMap((list) => list.map((item) => item.features)),
  )
  const data = useful.map((list) =>
    list.map(({ features, right }) => ({ x: standardise(names, scales, features), right })),
  )
  const weights = descend(names.length, (at, gradient) => {
    for (const list of data) {
      const scores = list.map(({ x }) => product(at, x))
      const best = Math.max(...scores)
      const exps = scores.map((score) => Math.exp(score - best))
      const all = sum(exps)
      const right = sum(exps.filter((_, i) => list[i]?.right))
      for (const [i, { x, right: isRight }] of list.entries()) {
        const exp = exps[i] ?? 0
        add(gradient, x, ((isRight ? exp / right : 0) - exp / all) / data.length)
      }
    }
  })
  return named(names, (_, i) => (weights[i] ?? 0) / (scales[i]?.deviation ?? 1))
}

export interface Logistic<K extends string> {
  readonly bias: number
  readonly weights: Record<K, number>
}

export interface Example<K extends string> {
  readonly features: Features<K>
  readonly isYes: boolean
  /** How much it counts. */
  readonly weight: number
}

/** Logistic regression of yes against no, both sides counting the same. */
export function fitLogistic<K extends string>(
  names: readonly K[],
  yes: readonly Features<K>[],
  no: readonly Features<K>[],
): Logistic<K> {
  const side = (list: readonly Features<K>[], isYes: boolean) =>
    list.map((features) => ({ features, isYes, weight: 0.5 / list.length }))
  return fitExamples(names, [...side(yes, true), ...side(no, false)])
}

/** Logistic regression of yes against no. */
export function fitExamples<K extends string>(
  names: readonly K[],
  examples: readonly Example<K>[],
): Logistic<K> {
  const scales = scalesOf(
    names,
    examples.map(({ features }) => features),
  )
  const total = sum(examples.map(({ weight }) => weight))
  const data = examples.map(({ features, isYes, weight }) => ({
    x: [...standardise(names, scales, features), 1],
    y: isYes ? 1 : 0,
    share: weight / total,
  }))
  const fitted = descend(names.length + 1, (at, gradient) => {
    for (const { x, y, share } of data) add(gradient, x, (y - 1 / (1 + Math.exp(-product(at, x)))) * share)
  })
  const weights = named(names, (_, i) => (fitted[i] ?? 0) / (scales[i]?.deviation ?? 1))
  const shift = sum(names.map((name, i) => weights[name] * (scales[i]?.mean ?? 0)))
  return { bias: (fitted[names.length] ?? 0) - shift, weights }
}

export const applyLogistic = <K extends string>(
  { bias, weights }: Logistic<K>,
  features: Features<K>,
): number =>
  Object.keys(weights)
    .filter((name): name is K => name in weights)
    .reduce((total, name) => total + weights[name] * features[name], bias)

const ROUNDS = 600
const RATE = 0.3
const SHRINK = 0.002

function descend(size: number, ascent: (at: readonly number[], gradient: number[]) => void): number[] {
  const at = new Array<number>(size).fill(0)
  const squares = new Array<number>(size).fill(1e-9)
  for (let round = 0; round < ROUNDS; round++) {
    const gradient = at.map((weight) => -SHRINK * weight)
    ascent(at, gradient)
    for (const [i, slope] of gradient.entries()) {
      squares[i] = (squares[i] ?? 0) + slope * slope
      at[i] = (at[i] ?? 0) + (RATE * slope) / Math.sqrt(squares[i] ?? 1)
    }
  }
  return at
}

function scalesOf<K extends string>(names: readonly K[], list: readonly Features<K>[]): Scale[] {
  return names.map((name) => {
    const mean = sum(list.map((features) => features[name])) / list.length
    const variance = sum(list.map((features) => (features[name] - mean) ** 2)) / list.length
    return { mean, deviation: Math.sqrt(variance) || 1 }
  })
}

const standardise = <K extends string>(
  names: readonly K[],
  scales: readonly Scale[],
  features: Features<K>,
) => names.map((name, i) => (features[name] - (scales[i]?.mean ?? 0)) / (scales[i]?.deviation ?? 1))

const sum = (list: readonly number[]) => list.reduce((total, value) => total + value, 0)

const product = (a: readonly number[], b: readonly number[]) =>
  a.reduce((total, value, i) => total + value * (b[i] ?? 0), 0)

function add(to: number[], x: readonly number[], times: number): void {
  for (const [i, value] of x.entries()) to[i] = (to[i] ?? 0) + times * value
}

function named<K extends string>(
  names: readonly K[],
  value: (name: K, index: number) => number,
): Record<K, number> {
  const entries: Partial<Record<K, number>> = {}
  for (const [index, name] of names.entries()) entries[name] = value(name, index)
  return complete(names, entries)
}

function complete<K extends string>(
  names: readonly K[],
  entries: Partial<Record<K, number>>,
): Record<K, number> {
  if (!isComplete(names, entries)) throw new Error('a weight is missing')
  return entries
}

function isComplete<K extends string>(
  names: readonly K[],
  entries: Partial<Record<K, number>>,
): entries is Record<K, number> {
  return names.every((name) => entries[name] !== undefined)
}
