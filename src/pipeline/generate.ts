import type { Citation } from '../domain/answer.ts'
import type { Principal } from '../domain/principal.ts'
import { refusalHelp } from '../generate/refusal.ts'
import type { GeneratorEvent } from '../ports/generator.ts'
import type { Ports } from '../ports/ports.ts'
import { annotate } from '../telemetry/spans.ts'
import type { Generated, Retrieved } from './ask.ts'
import type { StepContext } from './step.ts'

export async function generateAnswer(
  ask: Retrieved,
  { principal, ports, signal, spend, emit, freeSlot }: StepContext,
): Promise<Generated> {
  freeSlot()
  let text = ''
  const citations: Citation[] = []
  const events = ask.generator.generate({
    question: ask.question,
    standalone: ask.standalone,
    questionVector: ask.vector,
    language: ask.language,
    passages: ask.context,
    excerpts: ask.excerpts,
    history: ask.history,
    several: ask.several,
    begun: begunText(ask),
    asker: principal.id,
    signal,
    spend,
  })
  let end: Extract<GeneratorEvent, { type: 'end' }> | undefined
  for await (const event of events) {
    signal.throwIfAborted()
    switch (event.type) {
      case 'delta':
        if (event.text === '') break
        text += event.text
        emit(event)
        break
      case 'citation':
        citations.push(event.citation)
        break
      case 'end':
        end = event
    }
  }
  if (end?.certainty === 'not_found') {
    const help = `\n\n${await helpOf(ask, principal, ports)}`
    text += help
    emit({ type: 'delta', text: help })
  }
  annotate({
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': ask.generator.id,
    ...(end?.usage === undefined
      ? {}
      : {
          'gen_ai.usage.input_tokens': end.usage.promptTokens,
          'gen_ai.usage.output_tokens': end.usage.completionTokens,
        }),
  })
  if (end === undefined) throw new Error(`the generator ${ask.generator.id} did not end its answer`)
  return {
    ...ask,
    text,
    certainty: end.certainty,
    complete: end.complete,
    citations,
    warnings: [...ask.warnings, ...(end.warnings ?? [])],
    usage: end.usage,
  }
}

/** The text that a lost attempt has shown, if it was written from these passages: its marks mean the same. */
function begunText({ kept, context }: Retrieved): string | undefined {
  if (kept === undefined || kept.chunks.length !== context.length) return undefined
  return kept.chunks.every((chunk, index) => chunk === context[index]?.chunk) ? kept.text : undefined
}

async function helpOf(ask: Retrieved, principal: Principal, { store }: Ports): Promise<string> {
  const searched = new Set(ask.collections.map(({ id }) => id))
  const summaries = (await store.collections.list(principal)).filter(({ id }) => searched.has(id))
  return refusalHelp(ask.language, {
    query: ask.standalone,
    collections: summaries.map(({ name }) => name),
    documents: summaries.reduce((sum, { documents }) => sum + documents, 0),
    filtered: ask.filter !== undefined,
    nearest: ask.context[0]?.uri,
  })
}
