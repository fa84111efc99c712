/** Cosine of two vectors of length 1, as embeddings are; 0 if the second one is missing. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number> = []): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}
