import type { Completion } from './completion.ts'
import { estimatedPromptTokens, estimatedTokens } from './token-estimate.ts'

/**
 * Tells the tokens that each completion has used, however it ends: as the engine counts them, else by estimate. Who
 * cancels has used the prompt and what was written until then; what the engine refused costs nothing.
 */
export function metered(completion: Completion, spend: (tokens: number) => void): Completion {
  return {
    async *stream(messages, signal) {
      signal.throwIfAborted()
      let written = ''
      let counted: number | undefined
      let hasBegun = false
      try {
        for await (const piece of completion.stream(messages, signal)) {
          hasBegun = true
          if ('usage' in piece) counted = piece.usage.promptTokens + piece.usage.completionTokens
          if ('text' in piece) written += piece.text
          if ('thought' in piece) written += piece.thought
          yield piece
        }
      } finally {
        if (hasBegun || signal.aborted)
          spend(counted ?? Math.ceil(estimatedPromptTokens(messages) + estimatedTokens(written)))
      }
    },
  }
}
