import { createHash } from 'node:crypto'
import type { LocalEngineConfig } from '../../config/schema.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { LanguageModel } from '../../ports/chat-model.ts'
import type { Generator } from '../../ports/generator.ts'
import { groundedGenerator } from '../grounded/grounded.ts'
import type { Completion } from './completion.ts'
import { SHORT_TOKENS } from './short-completion.ts'

/** Answers by a language model that runs here. */
export function localGenerator(name: string, config: LocalEngineConfig, model: LanguageModel): Generator {
  const settings = `localEngines.${name}`
  return groundedGenerator({
    name,
    settings,
    model: model.name,
    contextTokens: model.contextTokens,
    maxTokens: config.maxTokens,
    settingsKey: settingsKey(config, model),
    completion: completionOf(model, config),
    short: completionOf(model, { ...config, maxTokens: Math.min(SHORT_TOKENS, config.maxTokens) }),
    toError: (thrown) =>
      thrown instanceof ChatbotError && thrown.code === 'timeout'
        ? new ChatbotError(
            'timeout',
            `The model ${model.name} wrote nothing for ${config.timeoutMs / 1000} s. Ask again, raise ${settings}.timeoutMs, or use a smaller model.`,
          )
        : ChatbotError.hide(thrown, 'engine_failed', `The model ${model.name} failed.`),
  })
}

function settingsKey(config: LocalEngineConfig, { fingerprint, contextTokens }: LanguageModel): string {
  const { maxTokens, temperature, topK, topP, minP, repetitionPenalty, seed, stop } = config
  const deciding = [maxTokens, temperature, topK, topP, minP, repetitionPenalty, seed ?? null, stop]
  return createHash('sha256')
    .update(JSON.stringify([fingerprint, contextTokens, ...deciding]))
    .digest('hex')
    .slice(0, 16)
}

function completionOf(model: LanguageModel, config: LocalEngineConfig): Completion {
  return {
    async *stream(messages, signal) {
      const idle = new AbortController()
      const timer = setTimeout(() => idle.abort(new ChatbotError('timeout', 'idle')), config.timeoutMs)
      try {
        for await (const piece of model.stream(messages, config, AbortSignal.any([signal, idle.signal]))) {
          timer.refresh()
          const { promptTokens, completionTokens } = piece
          yield { usage: { promptTokens, completionTokens } }
          yield piece.type === 'text' ? { text: piece.text } : { finish: piece.finish }
        }
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
