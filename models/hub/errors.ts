/** Maps the hub's responses to errors for users, and decides which to retry. */
import { setTimeout } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { backoffMs } from '../../src/domain/backoff.ts'
import { ChatbotError, errorText } from '../../src/domain/errors.ts'

/** Maximum attempts in a row without progress. */
export const MAX_FAILURES = 6
const MAX_PAUSE_MS = 60_000

/** Retries only transient failures: lost connections, 5xx and 429, after the pause that the server requests. */
export async function withRetries<T>(
  { endpoint, pauseMs, signal }: { endpoint: string; pauseMs: number; signal: AbortSignal },
  attempt: () => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt()
    } catch (thrown) {
      const error = connectionError(thrown, endpoint, signal)
      if (failures >= MAX_FAILURES || !isWorthAnotherTry(error)) throw error
      await pauseAfter(error, failures, { pauseMs, signal })
    }
  }
}

export const isWorthAnotherTry = ({ transient, retryAfterMs = 0 }: ChatbotError): boolean =>
  transient !== undefined && retryAfterMs <= MAX_PAUSE_MS

/** The server's Retry-After, otherwise exponential backoff. */
export async function pauseAfter(
  error: ChatbotError,
  failures: number,
  { pauseMs, signal }: { readonly pauseMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const backoff = backoffMs(failures, { firstMs: pauseMs, longestMs: MAX_PAUSE_MS })
  await setTimeout(error.retryAfterMs ?? backoff, undefined, { signal }).catch(() => {})
  if (signal.aborted) throw cancelled()
}

/** Converts whatever a request threw. */
export function connectionError(thrown: unknown, endpoint: string, signal: AbortSignal): ChatbotError {
  if (signal.aborted) return cancelled()
  if (thrown instanceof ChatbotError) return thrown
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new ChatbotError(
      'disk_full',
      'There is no space left for the model. Free some, then pull again to resume.',
    )
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
    return new ChatbotError(
      'data_dir_unusable',
      `The model folder is not writable: ${errorText(thrown)}. Set HF_HUB_CACHE to one that is.`,
    )
  return new ChatbotError(
    'hub_unreachable',
    `${endpoint} could not be reached: ${errorText(thrown)}. Check the network, HTTPS_PROXY and HF_ENDPOINT; downloaded data is kept. Without a network: chatbot models import`,
    { cause: thrown },
  )
}

/** The error for an unsuccessful response; reads it to the end. */
export async function hubError(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  endpoint: string,
  name: string,
  revision: string | undefined,
): Promise<ChatbotError> {
  await body.dump()
  const reason = String(headers['x-error-code'] ?? '')
  if (statusCode === 429 || statusCode >= 500) {
    const seconds = Number(headers['retry-after'])
    return new ChatbotError(
      statusCode === 429 ? 'rate_limited' : 'hub_unreachable',
      statusCode === 429
        ? `${endpoint} limits the rate of requests. Wait a while, or sign in with HF_TOKEN.`
        : `${endpoint} fails with status ${statusCode}. Try again later; downloaded data is kept.`,
      { retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : undefined },
    )
  }
  if (reason === 'GatedRepo')
    return new ChatbotError(
      'hub_refused',
      `${name} requires you to accept its terms: do so at ${endpoint}/${name}, then set HF_TOKEN to your token.`,
    )
  if (reason === 'RevisionNotFound')
    return new ChatbotError('unknown_model', `${name} has no revision ${revision} at ${endpoint}.`)
  if (statusCode === 404 || reason === 'RepoNotFound')
    return new ChatbotError(
      'unknown_model',
      `${endpoint} has no ${name}, or it is private: then set HF_TOKEN. Models that fit: chatbot models list`,
    )
  if (statusCode === 401 || statusCode === 403)
    return new ChatbotError(
      'hub_refused',
      `${endpoint} refuses ${name} (status ${statusCode}). Is HF_TOKEN valid?`,
    )
  return new ChatbotError('pull_failed', `${endpoint} answered with status ${statusCode} for ${name}.`)
}

const cancelled = (): ChatbotError =>
  new ChatbotError('cancelled', 'Cancelled. Downloaded data is kept: pull again to resume.')
