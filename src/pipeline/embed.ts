import type { Embedded, Rewritten } from './ask.ts'
import type { StepContext } from './step.ts'

/** Share of unknown tokens above which the model is taken not to know the question's script. */
const MOSTLY_UNKNOWN = 0.3

export async function embedQuestion(ask: Rewritten, { ports, signal }: StepContext): Promise<Embedded> {
  const parts = ask.parts?.parts ?? []
  const [embedding, ...more] = await ports.embedder.embed(
    [ask.standalone, ...parts.map(({ standalone }) => standalone)],
    { as: 'query', priority: 'question', signal },
  )
  if (embedding === undefined) throw new Error('the embedder returned nothing')
  const warnings: string[] = []
  if (embedding.unknown > MOSTLY_UNKNOWN) {
    warnings.push(
      `Much of this question is in a script that the embedding model ${ports.embedder.model.name} does not know.`,
    )
  }
  if (embedding.truncated) {
    warnings.push(
      `The question is longer than the ${ports.embedder.model.maxTokens} tokens that the embedding model reads: its end was not used to find passages.`,
    )
  }
  const embeddedParts = parts.flatMap((part, index) => {
    const vector = more[index]?.vector
    return vector === undefined ? [] : [{ ...part, vector }]
  })
  return { ...ask, vector: embedding.vector, embeddedParts, warnings }
}
