import { createHash } from 'node:crypto'
import OpenAI from 'openai'
import { z } from 'zod'
import type { EngineConfigs } from '../../config/engines.ts'
import { ChatbotError, type ErrorCode, errorText } from '../../domain/errors.ts'
import type { Generator } from '../../ports/generator.ts'
import { duration } from '../../text/amounts.ts'
import { groundedGenerator } from '../grounded/grounded.ts'
import { chatCompletion } from './completion.ts'
import type { ConfiguredEngine, EngineHealth } from './engine.ts'
import { engineKey } from './engine-key.ts'
import { guarded } from './guard.ts'
import { SHORT_TOKENS } from './short-completion.ts'
import { estimatedPromptTokens } from './token-estimate.ts'

type OpenaiConfig = EngineConfigs['openai']

export const openaiEngine = (name: string, config: OpenaiConfig): ConfiguredEngine => ({
  name,
  kind: 'openai',
  model: config.model,
  where: `at ${config.baseUrl}`,
  open: async () => ({ generator: guarded(await openaiGenerator(name, config), { name, ...config }) }),
  check: () => checkApi(name, config),
})

/** Answers by any engine behind the OpenAI API: Ollama, vLLM, llama-server, OpenAI, Groq. */
export async function openaiGenerator(name: string, config: OpenaiConfig): Promise<Generator> {
  const key = await engineKey(`engines.${name}`, config)
  return groundedGenerator({
    name,
    model: config.model,
    contextTokens: config.contextTokens,
    maxTokens: config.maxTokens,
    settingsKey: settingsKey(config),
    continues: config.continuation !== 'none',
    count: async (messages) => estimatedPromptTokens(messages),
    completion: chatCompletion(name, config, key),
    short: chatCompletion(name, { ...config, maxTokens: SHORT_TOKENS }, key),
    toError: (thrown) => engineError(name, config, thrown),
  })
}

/** Of what decides an answer beside the model: the same model elsewhere, or with other limits, gives others. */
function settingsKey({ baseUrl, temperature, maxTokens, contextTokens }: OpenaiConfig): string {
  const settings = JSON.stringify([baseUrl, temperature ?? null, maxTokens, contextTokens])
  return createHash('sha256').update(settings).digest('hex').slice(0, 16)
}

function engineError(name: string, config: OpenaiConfig, error: unknown): ChatbotError {
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
    const said = error.message.slice(0, MAX_QUOTE_CHARACTERS)
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
    String(error).slice(0, MAX_QUOTE_CHARACTERS),
  )
}

/** Characters of an engine's words that are kept. */
const MAX_QUOTE_CHARACTERS = 300

function retryAfter(headers: Headers | undefined): number | undefined {
  const seconds = Number(headers?.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) ? Math.max(0, Math.round(seconds * 1000)) : undefined
}

const CHECK_TIMEOUT_MS = 5000
const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) })

/** Whether the API accepts the key and knows the model. */
async function checkApi(name: string, config: OpenaiConfig): Promise<EngineHealth> {
  const url = `${config.baseUrl.replace(/\/$/, '')}/models`
  try {
    const key = await engineKey(`engines.${name}`, config)
    const response = await fetch(url, {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(CHECK_TIMEOUT_MS),
    })
    if (response.status === 401 || response.status === 403) {
      const todo = `chatbot config set engines.${name}.apiKey - < KEYFILE`
      return { state: 'fail', detail: 'it does not accept the key', todo }
    }
    if (!response.ok)
      return {
        state: 'fail',
        detail: `${url} answers with status ${response.status}`,
        todo: 'Check the base URL',
      }
    const models = modelsSchema.safeParse(await response.json())
    if (models.success && !models.data.data.some(({ id }) => id === config.model)) {
      const detail = 'reachable, but does not list the model'
      return { state: 'warn', detail, todo: 'Pull the model there, or correct its name' }
    }
    return { state: 'ok', detail: 'reachable' }
  } catch (error) {
    if (error instanceof ChatbotError)
      return { state: 'fail', detail: error.fullMessage, todo: 'Correct the configuration' }
    const reason = errorText(error instanceof Error && error.cause instanceof Error ? error.cause : error)
    const todo = 'Start the engine, or correct its base URL'
    return { state: 'fail', detail: `cannot be reached (${reason})`, todo }
  }
}
