/** The order of an answer is this list and nothing else. */
import { readCache } from './cache.ts'
import { embedQuestion } from './embed.ts'
import { generateAnswer } from './generate.ts'
import { rememberAnswer } from './remember.ts'
import { retrieveContext } from './retrieve.ts'
import { rewriteQuestion } from './rewrite.ts'
import { pipeline } from './stage.ts'

export const answerPipeline = pipeline([
  rewriteQuestion,
  embedQuestion,
  readCache,
  retrieveContext,
  generateAnswer,
  rememberAnswer,
])
