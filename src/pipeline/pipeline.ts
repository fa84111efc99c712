/** The order of an answer is this list and nothing else. */
import type { Answer } from '../domain/answer.ts'
import type { Looked } from './ask.ts'
import { readCache } from './cache.ts'
import { embedQuestion } from './embed.ts'
import { generateAnswer } from './generate.ts'
import { rememberAnswer } from './remember.ts'
import { retrieveContext } from './retrieve.ts'
import { rewriteQuestion } from './rewrite.ts'
import { pipeline, type StageContext } from './stage.ts'

export const answerPipeline = pipeline(
  [rewriteQuestion, embedQuestion, readCache, retrieveContext, generateAnswer, rememberAnswer],
  fromCache,
)

/** What the cache gave is stored already: it only has to be shown. */
function fromCache({ answered }: Looked, { emit }: StageContext): Answer | undefined {
  if (answered !== undefined) emit({ type: 'delta', text: answered.text })
  return answered
}
