/**
 * The shapes of OpenAI's chat completions, as clients send and read them:
 * https://platform.openai.com/docs/api-reference/chat
 */

import { z } from 'zod'
import type { Answer, EarlierTurn } from '../domain/answer.ts'
import { withRefused } from '../domain/certainty.ts'
import { ChatbotError } from '../domain/errors.ts'
import {
  MAX_HISTORY_ANSWER_CHARACTERS,
  MAX_HISTORY_CHARACTERS,
  MAX_HISTORY_TURNS,
  MAX_QUESTION_CHARACTERS,
} from '../domain/question.ts'
import { citationPlace } from '../text/citation-place.ts'
import { KNOWLEDGE } from '../text/language.ts'

export const COMPLETIONS_PREFIX = '/v1'

/** Bounds of a request: messages, parts per message, and UTF-16 code units per message and in total. */
const MAX_MESSAGES = 1000
const MAX_PARTS = 100
const MAX_MESSAGE_CHARACTERS = MAX_HISTORY_ANSWER_CHARACTERS
const MAX_MESSAGES_CHARACTERS = MAX_HISTORY_CHARACTERS

const text = z.string().max(MAX_MESSAGE_CHARACTERS)
const messageSchema = z
  .object({
    role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
    content: z
      .union([text, z.array(z.object({ type: z.string().max(64), text: text.optional() })).max(MAX_PARTS)])
      .nullish(),
  })
  .refine(
    (message) =>
      lengthOf(message) <= (message.role === 'user' ? MAX_QUESTION_CHARACTERS : MAX_MESSAGE_CHARACTERS),
    {
      path: ['content'],
      error: `at most ${MAX_QUESTION_CHARACTERS} UTF-16 code units for the role \`user\`, ${MAX_MESSAGE_CHARACTERS} for others`,
    },
  )

/** UTF-16 code units. */
const MAX_MODEL_CHARACTERS = 200

/** What a client may ask of a language model and does not get here is refused, rather than dropped in silence. */
const notHere = (what: string) =>
  `${what} cannot be had here: answers come from the documents, in Markdown. Leave it out`

const tools = z.array(z.object({})).max(0, notHere('calling tools')).nullish()

/** Fields that are not listed are accepted and ignored: the engine's settings decide, not the client's. */
export const completionRequestSchema = z.object({
  model: z.string().max(MAX_MODEL_CHARACTERS),
  messages: z
    .array(messageSchema)
    .min(1)
    .max(MAX_MESSAGES)
    .refine(
      (messages) => messages.reduce((sum, message) => sum + lengthOf(message), 0) <= MAX_MESSAGES_CHARACTERS,
      `all messages together may have at most ${MAX_MESSAGES_CHARACTERS} UTF-16 code units`,
    ),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.literal(1, 'only one answer per request').nullish(),
  tools,
  functions: tools,
  tool_choice: z.enum(['none', 'auto'], notHere('calling tools')).nullish(),
  function_call: z.enum(['none', 'auto'], notHere('calling functions')).nullish(),
  response_format: z.object({ type: z.literal('text', notHere('another format than text')) }).nullish(),
  modalities: z
    .array(z.literal('text', notHere('another modality than text')))
    .max(8)
    .nullish(),
  logprobs: z.literal(false, notHere('the probabilities of tokens')).nullish(),
})

type Message = z.output<typeof messageSchema>

/** UTF-16 code units, plus one between two parts. */
function lengthOf({
  content,
}: {
  readonly content?: string | readonly { readonly text?: string | undefined }[] | null | undefined
}): number {
  if (typeof content === 'string') return content.length
  return (content ?? []).reduce((sum, { text = '' }) => sum + text.length + 1, 0)
}

/** The meaning of a model's name: `chatbot`, `chatbot/COLLECTION`, `chatbot@ENGINE`, `chatbot/COLLECTION@ENGINE`. */
export interface ModelName {
  readonly collection?: string
  readonly engine?: string
}

export const modelName = ({ collection, engine }: ModelName): string =>
  `chatbot${collection === undefined ? '' : `/${collection}`}${engine === undefined ? '' : `@${engine}`}`

/** Throws `not_found`. */
export function readModelName(model: string): ModelName {
  const match = /^chatbot(?:\/([^@]+))?(?:@(.+))?$/.exec(model)
  if (match === null) {
    throw new ChatbotError(
      'not_found',
      `There is no model \`${model}\`. Models are \`chatbot\`, \`chatbot/COLLECTION\` and \`chatbot@ENGINE\`; GET ${COMPLETIONS_PREFIX}/models lists them.`,
    )
  }
  const [, collection, engine] = match
  return { collection, engine }
}

/**
 * The last message is the question. Earlier ones are history, of which the latest turns count; system messages are
 * ignored.
 */
export function readMessages(messages: readonly Message[]): {
  readonly question: string
  readonly history: EarlierTurn[]
} {
  const last = messages.at(-1)
  if (last?.role !== 'user') {
    throw new ChatbotError('bad_request', 'The last message must have the role `user`: it is the question.')
  }
  const history: EarlierTurn[] = []
  let question: string | undefined
  for (const message of messages.slice(0, -1)) {
    if (message.role === 'user') question = textOf(message)
    else if (message.role === 'assistant' && question !== undefined) {
      history.push({ question, answer: withoutCitations(textOf(message)) })
      question = undefined
    }
  }
  return { question: textOf(last), history: history.slice(-MAX_HISTORY_TURNS) }
}

function textOf({ content }: Message): string {
  if (typeof content === 'string') return content
  return (content ?? [])
    .map(({ type, text }) => {
      if (type === 'text' && text !== undefined) return text
      throw new ChatbotError(
        'bad_request',
        `Only text messages are supported, not parts of type \`${type}\`.`,
      )
    })
    .join('\n')
}

/** A list of citations appended to the answer's text, for clients that show only text. */
export function citationsText({ citations, language }: Answer): string {
  if (citations.length === 0) return ''
  const { replies } = KNOWLEDGE[language]
  const lines = citations.map((citation) => {
    const { number, title, uri } = citation
    const place = citationPlace(citation, replies)
    return title === '' || title === uri ? `[${number}] ${place}` : `[${number}] ${title} (${place})`
  })
  return `\n\n${replies.citations}:\n${[...new Set(lines)].join('\n')}`
}

const HEADINGS = Object.values(KNOWLEDGE).map(({ replies }) => replies.citations)
const CITATIONS_LIST = new RegExp(`\n\n(?:${HEADINGS.join('|')}):\n(?:\\[\\d+\\] .*(?:\n|$))+$`)
const withoutCitations = (text: string) => text.replace(CITATIONS_LIST, '')

export interface CompletionHead {
  readonly id: string
  readonly model: string
  /** Seconds since 1970. */
  readonly created: number
}

interface Delta {
  readonly role?: 'assistant'
  readonly content?: string
}

/** Where each citation stands in the text, in OpenAI's form for sources. */
const annotationsOf = ({ text, citations }: Answer) =>
  citations.flatMap((citation) => {
    const mark = `[${citation.number}]`
    const start = text.indexOf(mark)
    if (start < 0) return []
    const { title, uri } = citation
    const source = { start_index: start, end_index: start + mark.length, title, url: uri }
    return [{ type: 'url_citation', url_citation: source }]
  })

/** One `chat.completion.chunk` of a stream. */
export const completionChunk = (
  head: CompletionHead,
  delta: Delta,
  answer?: Answer,
): Record<string, unknown> => ({
  ...identity(head),
  object: 'chat.completion.chunk',
  choices: [
    {
      index: 0,
      delta: answer === undefined ? delta : { ...delta, annotations: annotationsOf(answer) },
      logprobs: null,
      finish_reason: answer === undefined ? null : 'stop',
    },
  ],
  chatbot: answer && detailsOf(answer),
})

/** The last chunk of a stream if the request set `include_usage`. */
export const usageChunk = (head: CompletionHead, answer: Answer): Record<string, unknown> => ({
  ...identity(head),
  object: 'chat.completion.chunk',
  choices: [],
  usage: usageOf(answer),
})

/** A complete `chat.completion`. */
export const completion = (head: CompletionHead, answer: Answer): Record<string, unknown> => ({
  ...identity(head),
  object: 'chat.completion',
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: answer.text + citationsText(answer),
        refusal: null,
        annotations: annotationsOf(answer),
      },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: usageOf(answer),
  chatbot: detailsOf(answer),
})

const identity = ({ id, model, created }: CompletionHead) => ({ id: `chatcmpl-${id}`, model, created })

/** Fields that have no place in OpenAI's format. */
const detailsOf = ({ citations, certainty, cached, warnings, conversation }: Answer) => ({
  citations,
  ...withRefused({ certainty }),
  cached,
  warnings,
  conversation,
})

/** An engine without a language model uses no tokens. */
function usageOf({ usage = { promptTokens: 0, completionTokens: 0 } }: Answer) {
  const { promptTokens, completionTokens } = usage
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  }
}

/** An error in OpenAI's format. */
export function completionError(error: ChatbotError): { error: Record<string, unknown> } {
  const { code, message, httpStatus } = error
  const type =
    httpStatus === 401 || httpStatus === 403
      ? 'authentication_error'
      : httpStatus === 429
        ? 'rate_limit_error'
        : httpStatus < 500
          ? 'invalid_request_error'
          : 'server_error'
  return { error: { message, type, param: null, code } }
}

/** Texts of one request of embeddings, and UTF-16 code units of one. */
const MAX_EMBEDDED_TEXTS = 128
const MAX_EMBEDDED_CHARACTERS = MAX_QUESTION_CHARACTERS

const embedded = z.string('text; tokens are not supported').min(1).max(MAX_EMBEDDED_CHARACTERS)

export const embeddingsRequestSchema = z.object({
  model: z.string().max(MAX_MODEL_CHARACTERS),
  input: z.union([embedded, z.array(embedded).min(1).max(MAX_EMBEDDED_TEXTS)]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().nullish(),
})

/** `vectors` of the texts in their order. */
export const embeddingsList = (
  model: string,
  vectors: readonly Float32Array[],
  { base64, tokens }: { readonly base64: boolean; readonly tokens: number },
): Record<string, unknown> => ({
  object: 'list',
  model,
  data: vectors.map((vector, index) => ({
    object: 'embedding',
    index,
    embedding: base64
      ? Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')
      : [...vector],
  })),
  usage: { prompt_tokens: tokens, total_tokens: tokens },
})

/** A model of the list. `created` in seconds since 1970. */
export const listedModel = (id: string, created: number): Record<string, unknown> => ({
  id,
  object: 'model',
  created,
  owned_by: 'chatbot',
})
