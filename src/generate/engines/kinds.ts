/** The registry of engines: a line for each kind. */
import type { EngineConfigs, EngineKind } from '../../config/engines.ts'
import type { Config } from '../../config/schema.ts'
import type { ConfiguredEngine } from './engine.ts'
import { extractiveEngine } from './extractive.ts'
import { localEngine } from './local.ts'
import { openaiEngine } from './openai.ts'

type Models = Config['models']

const KINDS: {
  readonly [K in EngineKind]: (name: string, config: EngineConfigs[K], models: Models) => ConfiguredEngine
} = {
  openai: openaiEngine,
  local: localEngine,
}

/** All that may answer: the built-in one, then the others by name. */
export function configuredEngines({
  engines,
  models,
}: Pick<Config, 'engines' | 'models'>): ConfiguredEngine[] {
  const configured = Object.entries(engines)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, config]) => engineOf(config.kind, name, config, models))
  return [extractiveEngine, ...configured]
}

const engineOf = <K extends EngineKind>(kind: K, name: string, config: EngineConfigs[K], models: Models) =>
  KINDS[kind](name, config, models)
