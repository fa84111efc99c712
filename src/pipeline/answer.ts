import type { Answer } from '../domain/answer.ts'
import type { Ask } from './ask.ts'
import { readCache } from './cache.ts'
import { embedQuestion } from './embed.ts'
import { generateAnswer } from './generate.ts'
import { retrieveContext } from './retrieve.ts'
import { rewriteQuestion } from './rewrite.ts'
import { type StepContext, timed } from './step.ts'
import { storeAnswer } from './store.ts'
import { understandAsk } from './understand.ts'

/** This function alone defines the order of the steps: each needs the output of the one before. */
export async function answerQuestion(ask: Ask, context: StepContext): Promise<Answer> {
  const understood = await timed('understand', understandAsk, ask, context)
  if ('answered' in understood) return understood.answered
  const rewritten = await timed('rewrite', rewriteQuestion, understood, context)
  const embedded = await timed('embed', embedQuestion, rewritten, context)
  const looked = await timed('cache', readCache, embedded, context)
  if ('answered' in looked) return looked.answered
  const retrieved = await timed('retrieve', retrieveContext, looked, context)
  const generated = await timed('generate', generateAnswer, retrieved, context)
  return timed('storing', storeAnswer, generated, context)
}
