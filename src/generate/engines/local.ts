import { createHash } from 'node:crypto'
import { createGenerator } from '../../../models/generator.ts'
import { installedGenerator } from '../../../models/installed.ts'
import type { EngineConfigs } from '../../config/engines.ts'
import type { Config } from '../../config/schema.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { LanguageModel } from '../../ports/chat-model.ts'
import type { Generator } from '../../ports/generator.ts'
import { duration } from '../../text/amounts.ts'
import { groundedGenerator } from '../grounded/grounded.ts'
import type { Completion } from './completion.ts'
import type { ConfiguredEngine, EngineHealth, OpenEngine } from './engine.ts'
import { unusable } from './guard.ts'
import { SHORT_TOKENS } from './short-completion.ts'

type LocalConfig = EngineConfigs['local']
type Models = Config['models']

export const localEngine = (name: string, config: LocalConfig, models: Models): ConfiguredEngine => ({
  name,
  kind: 'local',
  model: config.model,
  where: 'on this machine',
  open: () => openModel(name, config, models),
  check: () => checkModel(config, models),
})

async function openModel(name: string, config: LocalConfig, models: Models): Promise<OpenEngine> {
  try {
    const model = createGenerator({
      ...config,
      model: await installedGenerator(config.model, models.cacheDir),
      provider: models.executionProvider,
      cacheBytes: config.cacheMegabytes * 1_000_000,
      idleMs: config.idleMinutes * 60_000,
    })
    return { generator: localGenerator(name, config, model), close: model.close }
  } catch (thrown) {
    const { code, message, detail } = ChatbotError.hide(
      thrown,
      'model_corrupt',
      `The model of the engine ${name} cannot be read.`,
    )
    const error = new ChatbotError(code, `${message} Then: chatbot restart`, { cause: thrown, detail })
    return { generator: unusable(name, error) }
  }
}

async function checkModel({ model }: LocalConfig, { cacheDir }: Models): Promise<EngineHealth> {
  try {
    const { contextTokens } = await installedGenerator(model, cacheDir)
    return { state: 'ok', detail: `installed, ${contextTokens} tokens of context` }
  } catch (thrown) {
    const detail = ChatbotError.wrap(thrown).fullMessage
    return { state: 'fail', detail, todo: `chatbot models pull ${model}` }
  }
}

/** Answers by a language model that runs here. */
export function localGenerator(name: string, config: LocalConfig, model: LanguageModel): Generator {
  return groundedGenerator({
    name,
    model: model.name,
    contextTokens: model.contextTokens,
    maxTokens: config.maxTokens,
    settingsKey: settingsKey(config, model),
    continues: true,
    async count(messages, signal) {
      const { signal: idle, timer } = patience(config.timeoutMs)
      try {
        return await model.count(messages, AbortSignal.any([signal, idle]))
      } finally {
        clearTimeout(timer)
      }
    },
    completion: completionOf(model, config),
    short: completionOf(model, { ...config, maxTokens: Math.min(SHORT_TOKENS, config.maxTokens) }),
    toError: (thrown) =>
      thrown instanceof ChatbotError && thrown.code === 'timeout'
        ? new ChatbotError(
            'timeout',
            `The model ${model.name} wrote nothing for ${duration(config.timeoutMs)}. Ask again, raise engines.${name}.timeoutMs, or use a smaller model.`,
          )
        : ChatbotError.hide(thrown, 'engine_failed', `The model ${model.name} failed.`),
  })
}

function settingsKey(config: LocalConfig, { fingerprint, contextTokens }: LanguageModel): string {
  const { maxTokens, temperature, topK, topP, minP, repetitionPenalty, seed, stop } = config
  const deciding = [maxTokens, temperature, topK, topP, minP, repetitionPenalty, seed ?? null, stop]
  return createHash('sha256')
    .update(JSON.stringify([fingerprint, contextTokens, ...deciding]))
    .digest('hex')
    .slice(0, 16)
}

function completionOf(model: LanguageModel, config: LocalConfig): Completion {
  return {
    async *stream(messages, signal) {
      const { signal: idle, timer } = patience(config.timeoutMs)
      try {
        for await (const piece of model.stream(messages, config, AbortSignal.any([signal, idle]))) {
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

/** Aborts with `timeout` when the timer has run down. */
function patience(ms: number): { readonly signal: AbortSignal; readonly timer: NodeJS.Timeout } {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new ChatbotError('timeout', 'idle')), ms)
  return { signal: controller.signal, timer }
}
