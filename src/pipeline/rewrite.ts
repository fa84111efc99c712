import { partsOf } from '../talk/parts.ts'
import { withoutCourtesies } from '../talk/small-talk.ts'
import { standaloneQuestion } from '../talk/standalone.ts'
import type { Ask, Rewritten } from './ask.ts'
import type { StepContext } from './step.ts'

/**
 * Drops greetings and thanks around the question, makes a follow-up standalone (with the language model if the generator
 * has one, otherwise or on failure by rules), and finds the questions in it if there are several.
 */
export async function rewriteQuestion(
  ask: Ask,
  { principal, signal, spend, freeSlot }: StepContext,
): Promise<Rewritten> {
  const { history, generator } = ask
  const question = withoutCourtesies(ask.question)
  if (history.length === 0) return { ...ask, standalone: question, parts: partsOf(question) }
  if (generator.rewrite !== undefined) freeSlot()
  const rewritten = await generator.rewrite?.(question, history, { asker: principal.id, signal, spend })
  const standalone = rewritten ?? standaloneQuestion(question, history)
  return { ...ask, standalone, parts: partsOf(standalone) }
}
