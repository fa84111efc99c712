import OpenAI from 'openai'
import type { EngineConfigs } from '../../config/engines.ts'
import type { Usage } from '../../domain/answer.ts'
import { ChatbotError } from '../../domain/errors.ts'
import { traceparent } from '../../domain/traceparent.ts'
import type { ChatMessage } from '../../ports/chat-model.ts'
import { bytes } from '../../text/amounts.ts'

type OpenaiConfig = EngineConfigs['openai']

/**
 * `thought` is written before the answer and no part of it; `usage` is of all until now, and the last one counts;
 * `finish` is the engine's reason to end: `stop` when the answer is whole.
 */
export type CompletionPart =
  | { readonly text: string }
  | { readonly thought: string }
  | { readonly usage: Usage }
  | { readonly finish: string }

export interface Completion {
  /**
   * The engine's text as it comes; after a last message of the assistant, the rest of that message. A pause longer than `timeoutMs`, or
   * a text without end, ends it.
   */
  stream: (messages: readonly ChatMessage[], signal: AbortSignal) => AsyncIterable<CompletionPart>
}

/** A text with more UTF-16 code units for each token of `maxTokens` is none that the engine was asked for. */
const MAX_TOKEN_CHARACTERS = 16

/** Bytes of one line that an engine sends, and of all that it sends for each token of `maxTokens`, thoughts included. */
const MAX_LINE_BYTES = 1_048_576
const MAX_BYTES_PER_TOKEN = 8192

/** What a model accepts: OpenAI's reasoning models reject both `max_tokens` and a temperature. */
interface Dialect {
  readonly limit: 'max_tokens' | 'max_completion_tokens'
  readonly temperature: boolean
}

/** Chat completions of one engine; learns from its refusals which parameters it takes. */
export function chatCompletion(name: string, config: OpenaiConfig, apiKey: string | undefined): Completion {
  const client = new OpenAI({
    baseURL: config.baseUrl,
    // Local engines want no key, but the client insists on one.
    apiKey: apiKey ?? 'none',
    // A rate limit is told at once, with the time to wait, instead of waited for in silence.
    maxRetries: 0,
    timeout: config.timeoutMs,
    fetch: boundedFetch(name, config),
    // Only what the configuration says: not OPENAI_ORG_ID and the like of another account.
    organization: null,
    project: null,
  })
  let accepted: Dialect = { limit: 'max_tokens', temperature: true }

  function request(messages: readonly ChatMessage[], dialect: Dialect, signal: AbortSignal) {
    return client.chat.completions.create(
      {
        model: config.model,
        ...conversation(messages, config.continuation),
        temperature: dialect.temperature ? (config.temperature ?? 0) : undefined,
        [dialect.limit]: config.maxTokens,
        stream: true,
        stream_options: { include_usage: true },
      },
      { signal, headers: { traceparent: traceparent() } },
    )
  }

  async function chunksOf(messages: readonly ChatMessage[], signal: AbortSignal) {
    for (let dialect = accepted; ; ) {
      try {
        const chunks = await request(messages, dialect, signal)
        accepted = dialect
        return chunks
      } catch (error) {
        const other = otherDialect(dialect, error)
        if (other === undefined) throw error
        dialect = other
      }
    }
  }

  return {
    async *stream(messages, signal) {
      const idle = new AbortController()
      const timer = setTimeout(() => idle.abort(new ChatbotError('timeout', 'idle')), config.timeoutMs)
      let begun = false
      try {
        const chunks = await chunksOf(messages, AbortSignal.any([signal, idle.signal]))
        let finished = false
        let length = 0
        for await (const chunk of chunks) {
          timer.refresh()
          begun = true
          const choice = chunk.choices?.[0]
          const thought = thoughtOf(choice?.delta)
          if (thought !== '') yield { thought }
          if (choice?.delta?.content) {
            length += choice.delta.content.length
            if (length > config.maxTokens * MAX_TOKEN_CHARACTERS) throw endless(name, config)
            yield { text: choice.delta.content }
          }
          if (choice?.finish_reason) {
            finished = true
            yield { finish: choice.finish_reason }
          }
          if (chunk.usage) {
            const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = chunk.usage
            yield { usage: { promptTokens, completionTokens } }
          }
        }
        signal.throwIfAborted()
        if (idle.signal.aborted) throw idle.signal.reason
        if (!begun) throw noAnswer(name, config)
        if (!finished) throw cutOff(name)
      } catch (error) {
        if (signal.aborted) throw error
        if (idle.signal.aborted) throw idle.signal.reason
        throw begun && isCut(error) ? cutOff(name, error) : error
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

/** The messages, and how this API is told to go on with the last one if it is the assistant's. */
function conversation(messages: readonly ChatMessage[], continuation: OpenaiConfig['continuation']) {
  const last = messages.at(-1)
  if (last?.role !== 'assistant') return { messages: [...messages] }
  switch (continuation) {
    case 'prefix':
      return { messages: [...messages.slice(0, -1), { ...last, prefix: true }] }
    case 'vllm':
      return { messages: [...messages], add_generation_prompt: false, continue_final_message: true }
    default:
      return { messages: [...messages] }
  }
}

/** The client keeps what it has read of a line: what never ends would fill the memory. */
function boundedFetch(name: string, config: OpenaiConfig): typeof fetch {
  const most = MAX_LINE_BYTES + config.maxTokens * MAX_BYTES_PER_TOKEN
  return async (target, init) => {
    const response = await fetch(target, init)
    let all = 0
    let line = 0
    const bounded = new TransformStream<Uint8Array, Uint8Array>({
      transform(bytes, controller) {
        const end = Math.max(bytes.lastIndexOf(LF), bytes.lastIndexOf(CR)) + 1
        all += bytes.length
        line = bytes.length - end + (end === 0 ? line : 0)
        if (line > MAX_LINE_BYTES) controller.error(longLine(name))
        else if (all > most) controller.error(endless(name, config))
        else controller.enqueue(bytes)
      },
    })
    return new Response(response.body?.pipeThrough(bounded) ?? null, response)
  }
}

const LF = 10
const CR = 13

/** As vLLM, Ollama and DeepSeek tell it, each under its own name. */
function thoughtOf(delta: object = {}): string {
  if ('reasoning_content' in delta && typeof delta.reasoning_content === 'string')
    return delta.reasoning_content
  return 'reasoning' in delta && typeof delta.reasoning === 'string' ? delta.reasoning : ''
}

/** What to try after this refusal; undefined when it is about something else. Ends after two changes. */
function otherDialect(dialect: Dialect, error: unknown): Dialect | undefined {
  if (!(error instanceof OpenAI.APIError) || error.status !== 400) return undefined
  const limit = dialect.limit === 'max_tokens' && /\bmax_tokens\b/.test(error.message)
  const temperature = dialect.temperature && /\btemperature\b/.test(error.message)
  if (!limit && !temperature) return undefined
  return {
    limit: limit ? 'max_completion_tokens' : dialect.limit,
    temperature: dialect.temperature && !temperature,
  }
}

const noAnswer = (name: string, { baseUrl }: OpenaiConfig) =>
  new ChatbotError(
    'engine_failed',
    `The engine ${name} sent nothing in the format of OpenAI's API. Is engines.${name}.baseUrl right?`,
    { detail: baseUrl },
  )

/** `fetch` tells a body that ends early as a TypeError that has a cause. */
const isCut = (error: unknown): boolean =>
  error instanceof OpenAI.APIConnectionError || (error instanceof TypeError && error.cause !== undefined)

const cutOff = (name: string, cause?: unknown) =>
  new ChatbotError('engine_failed', `The engine ${name} was cut off before its answer ended. Ask again.`, {
    cause,
  })

const longLine = (name: string) =>
  new ChatbotError(
    'engine_failed',
    `The engine ${name} sent a line of more than ${bytes(MAX_LINE_BYTES)}: it was broken off. Is engines.${name}.baseUrl right?`,
  )

const endless = (name: string, config: OpenaiConfig) =>
  new ChatbotError(
    'engine_failed',
    `The answer of the engine ${name} goes on beyond the ${config.maxTokens} tokens of engines.${name}.maxTokens: it was broken off. Does the engine keep to the limit?`,
  )
