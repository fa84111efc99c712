import { extractiveGenerator } from '../extractive/extractive.ts'
import type { ConfiguredEngine } from './engine.ts'

/** The built-in engine, which is always there and has no settings. */
export const extractiveEngine: ConfiguredEngine = {
  name: 'extractive',
  kind: 'extractive',
  where: 'built in',
  open: async (embedder) => ({ generator: extractiveGenerator({ embedder }) }),
  check: async () => ({ state: 'ok', detail: 'quotes the documents' }),
}
