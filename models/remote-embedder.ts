import { createHash } from 'node:crypto'
import OpenAI from 'openai'
import { z } from 'zod'
import { ChatbotError, errorText } from '../src/domain/errors.ts'
import { semaphore } from '../src/domain/semaphore.ts'
import type { Embedding, EmbeddingModel, EmbedOptions } from '../src/ports/embedder.ts'
import { duration } from '../src/text/amounts.ts'
import type { RunningEmbedder } from './embedder.ts'
import { familyOf } from './families.ts'

/** An embedding model behind OpenAI's API: `embedders.NAME` of the configuration. */
export interface RemoteEmbedderConfig {
  readonly baseUrl: string
  readonly model: string
  readonly dimensions: number
  readonly maxTokens: number
  readonly queryPrefix?: string | undefined
  readonly passagePrefix?: string | undefined
  readonly apiKey?: string | undefined
  /** Maximum texts per request. */
  readonly batch: number
  readonly timeoutMs: number
}

/** Concurrent ingest requests; questions do not wait for them. */
const REQUESTS_AT_ONCE = 2
/** Retries of transient failures (429, 5xx, lost connections), honouring Retry-After. Jobs retry beyond that. */
const RETRIES = { question: 1, ingest: 2 }

const answerSchema = z.object({
  data: z.array(z.object({ index: z.int(), embedding: z.array(z.number()) })),
  usage: z.object({ prompt_tokens: z.number() }).optional(),
})

/** A model's identity does not depend on its server. */
export function remoteModel(name: string, config: RemoteEmbedderConfig): EmbeddingModel {
  const { model, dimensions, maxTokens } = config
  const use = JSON.stringify([model, dimensions, prefixesOf(config)])
  const identity = createHash('sha256').update(use).digest('hex').slice(0, 12)
  return { name: `${name}:${model}`, dimensions, maxTokens, fingerprint: `${name}:${model}@${identity}` }
}

/**
 * Sends texts to `/v1/embeddings` in batches. `embed` throws the transient `engine_unreachable`, `engine_rate_limited`,
 * `engine_failed` and `timeout`, and `engine_unauthenticated`, `embedder_unusable`, `cancelled` and `draining`.
 */
export function remoteEmbedder(name: string, config: RemoteEmbedderConfig): RunningEmbedder {
  const { baseUrl, model, dimensions, apiKey, batch, timeoutMs } = config
  const at = `${model} at ${baseUrl}`
  const prefixes = prefixesOf(config)
  const client = new OpenAI({
    baseURL: baseUrl,
    // The client requires a key; local engines do not.
    apiKey: apiKey ?? 'none',
    timeout: timeoutMs,
  })
  const closing = new AbortController()
  const requests = semaphore(REQUESTS_AT_ONCE)
  let queued = 0

  async function request(
    texts: readonly string[],
    options: { readonly signal: AbortSignal; readonly maxRetries: number },
  ): Promise<Embedding[]> {
    const answer = answerSchema.safeParse(
      await client.embeddings.create({ model, input: [...texts], encoding_format: 'float' }, options),
    )
    if (!answer.success)
      throw unusable(`The embedder ${name} gave no embeddings. Check embedders.${name}.baseUrl.`, at)
    const { data, usage } = answer.data
    const vectors = data.toSorted((a, b) => a.index - b.index).map(({ embedding }) => embedding)
    if (vectors.length !== texts.length) throw wrong(`${vectors.length} vectors for ${texts.length} texts`)
    const characters = texts.reduce((sum, text) => sum + text.length, 0)
    return vectors.map((vector, i) => ({
      vector: normalised(vector),
      tokens: Math.round(((usage?.prompt_tokens ?? 0) * (texts[i]?.length ?? 0)) / Math.max(1, characters)),
      unknown: 0,
      truncated: false,
    }))
  }

  function normalised(vector: readonly number[]): Float32Array {
    if (vector.length !== dimensions) throw wrong(`vectors of ${vector.length} numbers, not ${dimensions}`)
    const length = Math.hypot(...vector)
    if (!Number.isFinite(length) || length === 0) throw wrong('a vector without a direction')
    return Float32Array.from(vector, (value) => value / length)
  }

  const wrong = (what: string): ChatbotError =>
    unusable(
      `The embedder ${name} gave ${what}. Check embedders.${name}.model and embedders.${name}.dimensions.`,
      at,
    )

  function remoteError(thrown: unknown, signal: AbortSignal): ChatbotError {
    if (closing.signal.aborted) return stopping()
    if (thrown instanceof ChatbotError) return thrown
    if (signal.aborted) return new ChatbotError('cancelled', 'Cancelled before it was embedded.')
    if (thrown instanceof OpenAI.APIConnectionTimeoutError)
      return new ChatbotError(
        'timeout',
        `The embedder ${name} gave no embeddings within ${duration(timeoutMs)}.`,
        {
          detail: at,
        },
      )
    if (thrown instanceof OpenAI.APIConnectionError)
      return new ChatbotError(
        'engine_unreachable',
        `The embedder ${name} cannot be reached. Is it running? chatbot config get embedders.${name}.baseUrl`,
        { cause: thrown, detail: at },
      )
    // Not an error of the client: the response was interrupted.
    if (!(thrown instanceof OpenAI.APIError))
      return new ChatbotError('engine_failed', `The embedder ${name} interrupted its response.`, {
        cause: thrown,
        detail: `${at}: ${errorText(thrown)}`,
      })
    const { status, headers } = thrown
    if (status === 401 || status === 403)
      return new ChatbotError(
        'engine_unauthenticated',
        `The embedder ${name} refuses the API key. Set embedders.${name}.apiKey or apiKeyFile.`,
        { detail: at },
      )
    if (status === 429)
      return new ChatbotError(
        'engine_rate_limited',
        `The embedder ${name} currently allows no more requests.`,
        { detail: at, retryAfterMs: retryAfterMs(headers?.get('retry-after') ?? '') },
      )
    const passes = status === undefined || status === 408 || status === 409 || status >= 500
    const detail = `${at}: ${thrown.message}`
    return passes
      ? new ChatbotError('engine_failed', `The embedder ${name} failed.`, { detail })
      : unusable(`The embedder ${name} rejects the request. Check the settings embedders.${name}.`, detail)
  }

  return {
    model: remoteModel(name, config),
    async embed(texts, { as, priority, signal }: EmbedOptions) {
      const stop = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])
      const prefixed = texts.map((text) => prefixes[as] + text)
      const embeddings: Embedding[] = []
      queued += texts.length
      try {
        for (let at = 0; at < prefixed.length; at += batch) {
          const some = prefixed.slice(at, at + batch)
          const work = () => request(some, { signal: stop, maxRetries: RETRIES[priority] })
          embeddings.push(...(await (priority === 'ingest' ? requests.run(work, { signal: stop }) : work())))
          queued -= some.length
        }
        return embeddings
      } catch (thrown) {
        throw remoteError(thrown, stop)
      } finally {
        queued -= prefixed.length - embeddings.length
      }
    },
    queued: () => queued,
    close: async () => closing.abort(),
  }
}

const prefixesOf = ({ model, queryPrefix, passagePrefix }: RemoteEmbedderConfig) => {
  const family = familyOf([model])?.prefixes
  return { query: queryPrefix ?? family?.query ?? '', passage: passagePrefix ?? family?.passage ?? '' }
}

/** For failures that a retry cannot fix. */
const unusable = (message: string, detail: string): ChatbotError =>
  new ChatbotError('embedder_unusable', message, { detail })

/** Seconds or a date. */
function retryAfterMs(header: string): number | undefined {
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return ms > 0 ? ms : undefined
}

const stopping = (): ChatbotError =>
  new ChatbotError('draining', 'The daemon is stopping. Ask again when it is back.')
