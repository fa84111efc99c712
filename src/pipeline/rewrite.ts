import { standaloneQuestion } from '../talk/standalone.ts'
import type { Ask, Rewritten } from './ask.ts'
import type { StepContext } from './step.ts'

/** Makes a follow-up standalone: with the language model if the generator has one, otherwise or on failure by rules. */
export async function rewriteQuestion(
  ask: Ask,
  { principal, signal, spend, freeSlot }: StepContext,
): Promise<Rewritten> {
  const { question, history, generator } = ask
  if (history.length === 0) return { ...ask, standalone: question }
  if (generator.rewrite !== undefined) freeSlot()
  const rewritten = await generator.rewrite?.(question, history, { asker: principal.id, signal, spend })
  return { ...ask, standalone: rewritten ?? standaloneQuestion(question, history) }
}
