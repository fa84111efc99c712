import type { Collection } from '../domain/document.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Generator, Generators } from '../ports/generator.ts'

/**
 * The engine of the request, otherwise the one that all searched collections name, otherwise the configured default.
 * Throws `unknown_engine`.
 */
export function chooseEngine(
  generators: Generators,
  requested: string | undefined,
  collections: readonly Collection[],
): Generator {
  if (requested !== undefined) return generators.withFallbacks(requested)
  const [first, ...others] = collections
  const engine = first?.engine ?? null
  if (first === undefined || engine === null || others.some((other) => other.engine !== engine))
    return generators.withFallbacks()
  if (generators.has(engine)) return generators.withFallbacks(engine)
  throw new ChatbotError(
    'unknown_engine',
    `The collection "${first.name}" uses the engine \`${engine}\`, which is not configured. Choose another: chatbot collections set ${first.name} --engine NAME, or --default-engine.`,
  )
}
