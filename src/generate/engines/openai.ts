import { createHash } from 'node:crypto'
import OpenAI from 'openai'
import type { EngineConfig } from '../../config/schema.ts'
import { ChatbotError, type ErrorCode } from '../../domain/errors.ts'
import type { Generator } from '../../ports/generator.ts'
import { duration } from '../../text/amounts.ts'
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
  const engine = `engine ${name}`
  const at = `${config.model} at ${config.baseUrl}`
  const patience = duration(config.timeoutMs)
  if (error instanceof ChatbotError) {
    return error.code === 'timeout'
      ? new ChatbotError(
          'timeout',
          `The ${engine} sent nothing for ${patience}. Try again, or raise engines.${name}.timeoutMs.`,
          { detail: at },
        )
      : error
  }
  const because = (code: ErrorCode, message: string, said?: string, retryAfterMs?: number) =>
    new ChatbotError(code, message, {
      cause: error,
      retryAfterMs,
      detail: said === undefined ? at : `${at}: ${said}`,
    })
  if (error instanceof OpenAI.APIConnectionTimeoutError) {
    return because('timeout', `The ${engine} did not answer within ${patience}.`)
  }
  if (error instanceof OpenAI.APIConnectionError) {
    return because(
      'engine_unreachable',
      `Cannot reach the ${engine}. Is it running, and is engines.${name}.baseUrl right?`,
    )
  }
  if (error instanceof OpenAI.APIError) {
    const said = error.message.slice(0, LONGEST_QUOTE)
    switch (error.status) {
      case 401:
      case 403:
        return because('engine_unauthenticated', `The ${engine} refused the API key.`, said)
      case 404:
        return because('engine_failed', `The ${engine} knows no such model or path.`, said)
      case 429:
        return because(
          'engine_rate_limited',
          `The ${engine} limits the rate.`,
          said,
          retryAfter(error.headers),
        )
      default:
        return because('engine_failed', `The ${engine} failed.`, said)
    }
  }
  return because(
    'engine_failed',
    `The ${engine} sent what is no answer.`,
    String(error).slice(0, LONGEST_QUOTE),
  )
}

/** Characters of an engine's words that are kept. */
const LONGEST_QUOTE = 300

function retryAfter(headers: Headers | undefined): number | undefined {
  const seconds = Number(headers?.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) ? Math.max(0, Math.round(seconds * 1000)) : undefined
}
