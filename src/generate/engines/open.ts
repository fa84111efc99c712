import type { Config } from '../../config/schema.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { Embedder } from '../../ports/embedder.ts'
import type { Generator, Generators } from '../../ports/generator.ts'
import type { ConfiguredEngine, OpenEngine } from './engine.ts'
import { withFallbacks } from './guard.ts'

interface OpenEngines {
  readonly generators: Generators
  close: () => Promise<void>
}

/** Throws `invalid_config`, and `unknown_engine` where `answer` names one that is not configured; nothing is open then. */
export async function openEngines(
  configured: readonly ConfiguredEngine[],
  { engine: standard, fallbacks }: Pick<Config['answer'], 'engine' | 'fallbacks'>,
  embedder: Embedder,
): Promise<OpenEngines> {
  const open = new Map<string, ConfiguredEngine & OpenEngine>()
  const close = async () => {
    await Promise.all([...open.values()].map((engine) => engine.close?.()))
  }
  const alone = (name: string): Generator => {
    const engine = open.get(name)
    if (engine !== undefined) return engine.generator
    throw new ChatbotError(
      'unknown_engine',
      `There is no engine \`${name}\`. Configured: ${[...open.keys()].join(', ')}.`,
    )
  }
  try {
    for (const engine of configured) open.set(engine.name, { ...engine, ...(await engine.open(embedder)) })
    const standardWithFallbacks = withFallbacks(
      alone(standard),
      fallbacks.map((name) => [name, alone(name)] as const),
    )
    return {
      generators: {
        withFallbacks: (name = standard) => (name === standard ? standardWithFallbacks : alone(name)),
        alone,
        has: (name) => open.has(name),
        list: () =>
          [...open.values()].map(({ name, kind, generator }) => ({
            name,
            kind,
            model: generator.id.replace(`${name}:`, ''),
            state: 'state' in generator ? generator.state() : { state: 'ok' },
          })),
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
