import { retrieveRemembered } from '../cache/passages.ts'
import type { Passage, RetrievedPassages } from '../domain/answer.ts'
import type { Language } from '../domain/language.ts'
import { excerptsOf } from '../retrieval/excerpts.ts'
import { questionVector } from '../retrieval/question-vector.ts'
import { retrieve } from '../retrieval/retrieve.ts'
import { mergedPassages, sharedSettings } from '../retrieval/several.ts'
import { detectLanguage } from '../text/language.ts'
import type { EmbeddedPart, NotCached, Retrieved } from './ask.ts'
import type { StepContext } from './step.ts'

/** Searches for the question, and for each of its parts if it has several. */
export async function retrieveContext(asked: NotCached, context: StepContext): Promise<Retrieved> {
  const { parts, embeddedParts } = asked
  const settings =
    parts === undefined ? asked.retrieval : sharedSettings(asked.retrieval, embeddedParts.length + 1)
  const [whole, ...ofParts] = await Promise.all([
    search(asked, settings, asked, context),
    ...embeddedParts.map((part) => search(part, settings, asked, context)),
  ])
  const ask = { ...asked, ...(await asSearched(asked, whole, context)) }
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
        embeddedParts.map(async (part, index) => {
          const ofPart = ofParts[index]
          const { standalone, vector } = await asSearched(part, ofPart, context)
          return {
            asked: part.asked,
            standalone,
            questionVector: vector,
            ...(await excerpted(ofPart?.passages ?? [])),
          }
        }),
      ),
    },
  }
}

type Question = Pick<EmbeddedPart, 'standalone' | 'vector'>

/** The question as it was searched: with its words spelt as in the documents. */
async function asSearched(
  { standalone, vector }: Question,
  found: RetrievedPassages | undefined,
  { ports, signal }: StepContext,
): Promise<Question & { readonly language?: Language }> {
  const searched = found?.searched
  if (searched === undefined) return { standalone, vector }
  const respelt = await questionVector(ports.embedder, searched, signal)
  return { standalone: searched, vector: respelt, language: detectLanguage(searched) }
}

function search(
  { standalone, vector }: Question,
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
