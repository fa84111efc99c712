import { standaloneQuestion } from '../conversation/standalone.ts'
import type { Ask, Rewritten } from './ask.ts'
import type { Stage } from './stage.ts'

/** Makes a follow-up standalone: by the generator when it is a language model, else and failing that by rules. */
export const rewriteQuestion: Stage<Ask, Rewritten> = {
  name: 'rewrite',
  async run(ask, { principal, signal, spend, leaveTurn }) {
    const { question, history, generator } = ask
    if (history.length === 0) return { ...ask, standalone: question }
    if (generator.rewrite !== undefined) leaveTurn()
    const rewritten = await generator.rewrite?.(question, history, {
      asker: principal.id,
      signal,
      spend,
    })
    return { ...ask, standalone: rewritten ?? standaloneQuestion(question, history) }
  },
}
