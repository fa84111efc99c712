/** A small question for an engine, to see whether and how fast it answers. */
import type { Passage, Usage } from '../../domain/answer.ts'
import type { Embedder } from '../../ports/embedder.ts'
import type { Generator } from '../../ports/generator.ts'
import { excerptsOfTexts } from '../../text/paragraphs.ts'

export interface Trial {
  readonly text: string
  /** Milliseconds until the first text, and until the end. */
  readonly firstMs: number
  readonly totalMs: number
  /** Absent where the engine counts none. */
  readonly usage?: Usage
  readonly warnings: readonly string[]
}

const QUESTION = 'When was the lighthouse of Northwick built?'
const TEXT = 'The lighthouse of Northwick was built in 1843. Its lamp burns whale oil.'

/** Throws what the engine throws. */
export async function tryEngine(
  generator: Generator,
  embedder: Embedder,
  signal: AbortSignal,
): Promise<Trial> {
  const [embedded] = await embedder.embed([QUESTION], { as: 'query', priority: 'question', signal })
  if (embedded === undefined) throw new Error('the embedder returned nothing')
  const passage: Passage = {
    number: 1,
    chunk: '',
    document: '',
    collection: '',
    uri: 'lighthouse.md',
    title: 'Lighthouse',
    text: TEXT,
    start: 0,
    end: TEXT.length,
    score: 1,
  }
  const began = performance.now()
  const since = () => Math.round(performance.now() - began)
  let text = ''
  let firstMs: number | undefined
  for await (const event of generator.generate({
    question: QUESTION,
    standalone: QUESTION,
    questionVector: embedded.vector,
    language: 'en',
    passages: [passage],
    excerpts: excerptsOfTexts([passage]),
    history: [],
    asker: '',
    signal,
    // Administrators try engines; that is no question of theirs.
    spend: () => undefined,
  })) {
    if (event.type === 'delta') {
      firstMs ??= since()
      text += event.text
    } else if (event.type === 'end') {
      const { usage, warnings = [] } = event
      return {
        text,
        firstMs: firstMs ?? since(),
        totalMs: since(),
        warnings,
        usage,
      }
    }
  }
  throw new Error(`the generator ${generator.id} did not end its answer`)
}
