/** Matches units with a question, token by token if the embedder can, else by the cosine of whole windows. */
import { cosine } from '../../domain/cosine.ts'
import type { Embedder } from '../../ports/embedder.ts'
import { roots, writtenWords } from '../../text/content-words.ts'
import type { Unit } from './units.ts'
import { type Window, windowsOf } from './windows.ts'

export interface UnitMatch {
  /** For each content token of the question, its highest cosine in title, headings and leads; empty without token vectors. */
  readonly before: Float32Array
  /** The same in each sentence of the unit. */
  readonly sentences: readonly SentenceMatch[]
}

export interface SentenceMatch {
  readonly best: Float32Array
  /** Cosine with the question. */
  readonly similarity: number
}

export interface Matches {
  readonly of: (unit: Unit) => UnitMatch | undefined
  /** For each content token, the index of its word. */
  readonly words: readonly number[]
}

/** Encodes the units and compares them with the question. Throws what the embedder throws. */
export async function matchUnits(
  embedder: Embedder,
  question: { readonly text: string; readonly vector: Float32Array },
  units: readonly Unit[],
  signal: AbortSignal,
): Promise<Matches> {
  const windows = windowsOf(units, roots(question.text))
  return embedder.interact === undefined
    ? byVectors(embedder, question.vector, windows, signal)
    : byTokens(embedder.interact, question.text, windows, signal)
}

async function byTokens(
  interact: NonNullable<Embedder['interact']>,
  question: string,
  windows: readonly Window[],
  signal: AbortSignal,
): Promise<Matches> {
  const found = await interact(
    question,
    windows.map(({ text, prefix, parts }) => ({ text, parts: [prefix, ...parts] })),
    { priority: 'question', signal },
  )
  const words = writtenWords(question)
  const wordOf = found.question.map(({ start, end }) =>
    words.findIndex((word) => word.start < end && start < word.end),
  )
  const content = wordOf.flatMap((word, token) => (words[word]?.isContent ? [token] : []))
  const kept = content.length > 0 ? content : wordOf.map((_, token) => token)
  const pick = (values: Float32Array | undefined) => Float32Array.from(kept, (token) => values?.[token] ?? -1)
  const of = byUnit(
    windows,
    (window) => pick(found.texts[window]?.best[0]),
    (window, part) => ({
      best: pick(found.texts[window]?.best[part + 1]),
      similarity: found.texts[window]?.similarities[part + 1] ?? 0,
    }),
  )
  return { of, words: kept.map((token) => wordOf[token] ?? -1) }
}

async function byVectors(
  embedder: Embedder,
  vector: Float32Array,
  windows: readonly Window[],
  signal: AbortSignal,
): Promise<Matches> {
  const embeddings = await embedder.embed(
    windows.map(({ text }) => text),
    { as: 'passage', priority: 'question', signal },
  )
  const none = new Float32Array()
  const similarities = embeddings.map((embedding) => cosine(vector, embedding.vector))
  const of = byUnit(
    windows,
    () => none,
    (window) => ({ best: none, similarity: similarities[window] ?? 0 }),
  )
  return { of, words: [] }
}

/** Regroups matches by unit. The callbacks take indexes of windows, and of parts in them. */
function byUnit(
  windows: readonly Window[],
  beforeOf: (window: number) => Float32Array,
  sentenceOf: (window: number, part: number) => SentenceMatch,
): Matches['of'] {
  const units = new Map<Unit, { before: Float32Array; sentences: SentenceMatch[] }>()
  for (const [window, { parts }] of windows.entries()) {
    const before = beforeOf(window)
    for (const [part, { unit, sentence }] of parts.entries()) {
      const match = units.get(unit) ?? { before, sentences: [] }
      match.sentences[sentence] = sentenceOf(window, part)
      units.set(unit, match)
    }
  }
  return (unit) => units.get(unit)
}
