import { retrieveRemembered } from '../cache/passages.ts'
import { excerptsOf } from '../retrieval/excerpts.ts'
import { retrieve } from '../retrieval/retrieve.ts'
import type { NotCached, Retrieved } from './ask.ts'
import type { StepContext } from './step.ts'

export async function retrieveContext(
  ask: NotCached,
  { principal, ports, signal, emit }: StepContext,
): Promise<Retrieved> {
  const find = ask.cache ? retrieveRemembered : retrieve
  const { passages, warnings } = await find(ports, principal, {
    question: ask.standalone,
    language: ask.language,
    collections: ask.collections,
    vector: ask.vector,
    settings: ask.retrieval,
    signal,
    filter: ask.filter,
  })
  emit({ type: 'context', passages })
  const excerpts = await excerptsOf(ports.store, principal, passages)
  return { ...ask, context: passages, excerpts, warnings: [...ask.warnings, ...warnings] }
}
