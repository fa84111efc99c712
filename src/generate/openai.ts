import OpenAI from 'openai'
import type { EngineConfig } from '../config/schema.ts'
import type { Citation, Passage, Usage } from '../domain/answer.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { GenerateInput, Generator, GeneratorEvent } from '../pipeline/ports.ts'
import { checkCitations } from './citations.ts'
import { chatCompletion, type Piece } from './completion.ts'
import { engineKey } from './engine-key.ts'
import { filterLinks } from './links.ts'
import { fitting, groundedPrompt, NO_ANSWER, PROMPT_VERSION } from './prompt.ts'
import { REFUSALS } from './refusal.ts'
import { rewriteByEngine } from './rewriter.ts'
import { SHORT_TOKENS } from './short-completion.ts'
import { createSummaries } from './summary.ts'

/** Answers by any engine behind the OpenAI API: Ollama, vLLM, llama-server, OpenAI, Groq. */
export async function openaiGenerator(name: string, config: EngineConfig): Promise<Generator> {
  const key = await engineKey(name, config)
  const completion = chatCompletion(name, config, key)
  const short = chatCompletion(name, { ...config, maxTokens: SHORT_TOKENS }, key)
  const summaries = createSummaries(short)
  return {
    id: `${name}:${config.model}`,
    promptVersion: PROMPT_VERSION,
    rewrite: (question, history, signal) => rewriteByEngine(short, question, history, signal),
    async *generate(input) {
      if (input.passages.length === 0) {
        yield { type: 'delta', text: REFUSALS[input.language] }
        yield { type: 'end', refused: true, complete: true }
        return
      }
      const fits = fitting(input, config.contextTokens - config.maxTokens)
      if (fits === undefined) {
        throw new ChatbotError(
          'engine_failed',
          `The question and one passage do not fit into what engines.${name}.contextTokens (${config.contextTokens}) leaves beside engines.${name}.maxTokens (${config.maxTokens}). Ask a shorter question, or set the engine's real context window.`,
        )
      }
      try {
        const { passages, older } = fits
        const summary = older.length === 0 ? '' : await summaries.of(older, input.signal)
        const messages = groundedPrompt(input, fits, summary)
        yield* grounded(name, input, passages, completion.stream(messages, input.signal))
      } catch (error) {
        if (input.signal.aborted) throw error
        throw engineError(name, config, error)
      }
    },
  }
}

/** Turns the engine's text into checked text, citations and, for NO_ANSWER, a refusal. */
async function* grounded(
  name: string,
  input: GenerateInput,
  passages: readonly Passage[],
  pieces: AsyncIterable<Piece>,
): AsyncGenerator<GeneratorEvent> {
  const check = checkCitations(passages)
  const links = filterLinks([input.question, ...passages.map(({ text }) => text)])
  const citations: Citation[] = []
  let usage: Usage | undefined
  let finish = ''
  // What may still turn out to be NO_ANSWER; undefined once it is known not to be.
  let opening: string | undefined = ''
  let written = false

  function* checked({ text, citations: found }: ReturnType<typeof check.push>): Iterable<GeneratorEvent> {
    if (text !== '') {
      written ||= text.trim() !== ''
      yield { type: 'delta', text }
    }
    for (const citation of found) {
      citations.push(citation)
      yield { type: 'citation', citation }
    }
  }

  for await (const piece of pieces) {
    if ('usage' in piece) {
      usage = piece.usage
      continue
    }
    if ('finish' in piece) {
      finish = piece.finish
      continue
    }
    if (opening === undefined) {
      yield* checked(check.push(links.push(piece.text)))
      continue
    }
    opening += piece.text
    const start = opening.trimStart()
    if (start.startsWith(NO_ANSWER) || NO_ANSWER.startsWith(start)) continue
    const text: string = start
    opening = undefined
    yield* checked(check.push(links.push(text)))
  }

  const cut = cutOff(name, finish)
  const leftOut = input.passages.length - passages.length
  const ending = {
    type: 'end' as const,
    complete: cut === undefined,
    ...(usage === undefined ? {} : { usage }),
  }
  const warnings = cut === undefined ? [] : [cut]
  if (leftOut > 0) {
    warnings.push(
      `${leftOut} of ${input.passages.length} passages did not fit into engines.${name}.contextTokens: the engine has not seen them.`,
    )
  }
  if (opening?.trimStart().startsWith(NO_ANSWER)) {
    yield { type: 'delta', text: REFUSALS[input.language] }
    yield { ...ending, refused: true, warnings }
    return
  }
  if (opening !== undefined) yield* checked(check.push(links.push(opening.trimStart())))
  yield* checked(check.push(links.flush()))
  yield* checked(check.flush())
  if (!written)
    throw new ChatbotError(
      'engine_failed',
      `The engine ${name} returned an empty answer. ${cut ?? 'Ask again, or choose another model.'}`,
    )
  if (links.leftOut() > 0)
    warnings.push('The engine wrote a link that stands in no passage: it was left out.')
  if (citations.length === 0)
    warnings.push('The engine cited no passage: check this answer against the documents.')
  yield { ...ending, refused: false, warnings }
}

/** Why the answer is not whole; undefined when it is. */
function cutOff(name: string, finish: string): string | undefined {
  switch (finish) {
    case 'stop':
      return undefined
    case 'length':
      return `The answer was cut off at engines.${name}.maxTokens, or at the end of the engine's context window.`
    case 'content_filter':
      return "The engine's content filter cut the answer off."
    default:
      return `The engine ended the answer for another reason (${finish.slice(0, 40)}): it may be incomplete.`
  }
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
