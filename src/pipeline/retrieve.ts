import { retrieveRemembered } from '../cache/passages.ts'
import type { Passage, RetrievedPassages } from '../domain/answer.ts'
import { excerptsOf } from '../retrieval/excerpts.ts'
import { retrieve } from '../retrieval/retrieve.ts'
import { mergedPassages, sharedSettings } from '../retrieval/several.ts'
import type { EmbeddedPart, NotCached, Retrieved } from './ask.ts'
import type { StepContext } from './step.ts'

/** Searches for the question, and for each of its parts if it has several. */
export async function retrieveContext(ask: NotCached, context: StepContext): Promise<Retrieved> {
  const { parts, embeddedParts } = ask
  const settings =
    parts === undefined ? ask.retrieval : sharedSettings(ask.retrieval, embeddedParts.length + 1)
  const [whole, ...ofParts] = await Promise.all([
    search(ask, settings, ask, context),
    ...embeddedParts.map((part) => search(part, settings, ask, context)),
  ])
  const found = [whole, ...ofParts]
  const passages = parts === undefined ? whole.passages : mergedPassages(found.map((each) => each.passages))
  context.emit({ type: 'context', passages })
  const excerpted = async (some: readonly Passage[]) => ({
    passages: some,
    excerpts: await excerptsOf(context.ports.store, context.principal, some),
  })
  const { excerpts } = await excerpted(passages)
  const warnings = [...ask.warnings, ...new Set(found.flatMap((each) => each.warnings))]
  const retrieved = { ...ask, context: passages, excerpts, warnings }
  if (parts === undefined) return { ...retrieved, several: undefined }
  return {
    ...retrieved,
    several: {
      kind: parts.kind,
      whole: await excerpted(whole.passages),
      parts: await Promise.all(
        embeddedParts.map(async ({ asked, standalone, vector }, index) => ({
          asked,
          standalone,
          questionVector: vector,
          ...(await excerpted(ofParts[index]?.passages ?? [])),
        })),
      ),
    },
  }
}

function search(
  { standalone, vector }: Pick<EmbeddedPart, 'standalone' | 'vector'>,
  settings: NotCached['retrieval'],
  ask: NotCached,
  { principal, ports, signal }: StepContext,
): Promise<RetrievedPassages> {
  const find = ask.cache ? retrieveRemembered : retrieve
  return find(ports, principal, {
    question: standalone,
    language: ask.language,
    collections: ask.collections,
    vector,
    settings,
    signal,
    filter: ask.filter,
  })
}
