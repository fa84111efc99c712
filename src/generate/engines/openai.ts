import { createHash } from 'node:crypto'
import OpenAI from 'openai'
import type { EngineConfig } from '../../config/schema.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { Generator } from '../../ports/generator.ts'
import { groundedGenerator } from '../grounded/grounded.ts'
import { chatCompletion } from './completion.ts'
import { engineKey } from './engine-key.ts'
import { SHORT_TOKENS } from './short-completion.ts'

/** Answers by any engine behind the OpenAI API: Ollama, vLLM, llama-server, OpenAI, Groq. */
export async function openaiGenerator(name: string, config: EngineConfig): Promise<Generator> {
  const key = await engineKey(`engines.${name}`, config)
  return groundedGenerator({
    name,
    settings: `engines.${name}`,
    model: config.model,
    contextTokens: config.contextTokens,
    maxTokens: config.maxTokens,
    settingsKey: settingsKey(config),
    completion: chatCompletion(name, config, key),
    short: chatCompletion(name, { ...config, maxTokens: SHORT_TOKENS }, key),
    toError: (thrown) => engineError(name, config, thrown),
  })
}

/** Of what decides an answer beside the model: the same model elsewhere, or with other limits, gives others. */
function settingsKey({ baseUrl, temperature, maxTokens, contextTokens }: EngineConfig): string {
  const settings = JSON.stringify([baseUrl, temperature ?? null, maxTokens, contextTokens])
  return createHash('sha256').update(settings).digest('hex').slice(0, 16)
}

function engineError(name: string, config: EngineConfig, error: unknown): ChatbotError {
  const engine = `engine ${name} (${config.model} at ${config.baseUrl})`
  if (error instanceof ChatbotError) {
    return error.code === 'timeout'
      ? new ChatbotError(
          'timeout',
          `The ${engine} sent nothing for ${config.timeoutMs / 1000} s. Try again, or raise engines.${name}.timeoutMs.`,
        )
      : error
  }
  if (error instanceof OpenAI.APIConnectionTimeoutError) {
    return new ChatbotError('timeout', `The ${engine} did not answer within ${config.timeoutMs / 1000} s.`, {
      cause: error,
    })
  }
  if (error instanceof OpenAI.APIConnectionError) {
    return new ChatbotError(
      'engine_unreachable',
      `Cannot reach the ${engine}. Is it running, and is engines.${name}.baseUrl right?`,
      { cause: error },
    )
  }
  if (error instanceof OpenAI.APIError) {
    const said = error.message.slice(0, 300)
    switch (error.status) {
      case 401:
      case 403:
        return new ChatbotError('engine_unauthenticated', `The ${engine} refused the API key: ${said}`, {
          cause: error,
        })
      case 404:
        return new ChatbotError('engine_failed', `The ${engine} knows no such model or path: ${said}`, {
          cause: error,
        })
      case 429:
        return new ChatbotError('engine_rate_limited', `The ${engine} limits the rate: ${said}`, {
          cause: error,
          ...retryAfter(error.headers),
        })
      default:
        return new ChatbotError('engine_failed', `The ${engine} failed: ${said}`, { cause: error })
    }
  }
  return ChatbotError.wrap(error, 'engine_failed', `The ${engine} sent what is no answer: `)
}

function retryAfter(headers: Headers | undefined): { retryAfterMs?: number } {
  const seconds = Number(headers?.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) ? { retryAfterMs: Math.max(0, Math.round(seconds * 1000)) } : {}
}
