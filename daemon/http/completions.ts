/** OpenAI's chat completions API on the same answers, for existing chat programs and SDKs. */
import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { askOnce, lastAnswer } from '../../src/answers/once.ts'
import {
  COMPLETIONS_PREFIX,
  type CompletionHead,
  citationsText,
  completion,
  completionChunk,
  completionError,
  completionRequestSchema,
  embeddingsList,
  embeddingsRequestSchema,
  listedModel,
  modelName,
  readMessages,
  readModelName,
  usageChunk,
} from '../../src/api/completions.ts'
import type { AnswerEvent } from '../../src/domain/answer.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { type EndpointContext, parse } from './endpoint.ts'
import { sendEventStream } from './event-stream.ts'

/** For who asks for another. */
export const COMPLETIONS_ROUTES = `Of OpenAI's API there are ${[
  'POST chat/completions',
  'POST embeddings',
  'GET models',
  'GET models/ID',
]
  .map((route) => route.replace(' ', ` ${COMPLETIONS_PREFIX}/`))
  .join(', ')}.`

export interface CompletionsOptions {
  /** Authenticates the caller; throws `unauthenticated`. */
  enter: (request: FastifyRequest, reply: FastifyReply) => Promise<EndpointContext>
  /** Converts what was thrown to an error, and logs it if unexpected. */
  toError: (thrown: unknown, request: FastifyRequest) => ChatbotError
  /** Like `toError`, and sets the status and the headers of the reply. */
  refuse: (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => ChatbotError
}

export function registerCompletions(
  app: FastifyInstance,
  { enter, toError, refuse }: CompletionsOptions,
): void {
  app.register(
    async (front) => {
      front.setErrorHandler((thrown, request, reply) =>
        reply.send(completionError(refuse(thrown, request, reply))),
      )

      front.get('/models', async (request, reply) => {
        const context = await enter(request, reply)
        return { object: 'list', data: await modelsOf(context) }
      })

      // A model's name may contain a slash, which only some clients encode.
      for (const path of ['/models/:model', '/models/:model/:collection'])
        front.get<{ Params: { model: string; collection?: string } }>(path, async (request, reply) => {
          const { model, collection } = request.params
          const id = collection === undefined ? model : `${model}/${collection}`
          const found = (await modelsOf(await enter(request, reply))).find((listed) => listed.id === id)
          if (found !== undefined) return found
          throw new ChatbotError(
            'not_found',
            `There is no model \`${id}\`. GET ${COMPLETIONS_PREFIX}/models lists them.`,
          )
        })

      front.post('/embeddings', async (request, reply) => {
        const { services, signal } = await enter(request, reply)
        const { embedder } = services.ports
        const { name, dimensions } = embedder.model
        const body = parse(embeddingsRequestSchema, request.body, 'body')
        if (body.model !== name)
          throw new ChatbotError(
            'not_found',
            `There is no embedding model \`${body.model}\` here. Its name is \`${name}\`.`,
          )
        if (![undefined, null, dimensions].includes(body.dimensions))
          throw new ChatbotError('bad_request', `Vectors of ${name} have ${dimensions} dimensions.`)
        // As questions, because texts that are compared with each other must be embedded alike; after those of people.
        const embeddings = await embedder.embed([body.input].flat(), {
          as: 'query',
          priority: 'ingest',
          signal,
        })
        return embeddingsList(
          name,
          embeddings.map(({ vector }) => vector),
          {
            base64: body.encoding_format === 'base64',
            tokens: embeddings.reduce((sum, { tokens }) => sum + tokens, 0),
          },
        )
      })

      front.post('/chat/completions', async (request, reply) => {
        const { services, principal, signal } = await enter(request, reply)
        const body = parse(completionRequestSchema, request.body, 'body')
        const { collection, engine } = readModelName(body.model)
        const head = { id: randomUUID(), model: body.model, created: Math.floor(Date.now() / 1000) }
        const { question, history } = readMessages(body.messages)
        const asked = {
          id: head.id,
          question,
          history: history.length === 0 ? undefined : history,
          collections: collection === undefined ? undefined : [collection],
          engine,
        }
        const events = askOnce(services.answers, principal, asked, signal)
        if (body.stream !== true) return completion(head, await lastAnswer(events))

        const stream = completionEvents(head, events, body.stream_options?.include_usage === true)
        // Before the first chunk, an error still has a status.
        const first = await stream.next()
        return sendEventStream(
          reply,
          eventLines(first, stream, (thrown) => toError(thrown, request)),
        )
      })
    },
    { prefix: COMPLETIONS_PREFIX },
  )
}

/** All documents, each collection, each of them with each further engine, and the embedding model. */
async function modelsOf({ services, principal }: EndpointContext) {
  const { store, generators, embedder } = services.ports
  const collections = await store.collections.list(principal)
  const standard = services.loaded.config.answer.engine
  const engines = generators.list().flatMap(({ name }) => (name === standard ? [] : [name]))
  const seconds = (date: Date) => Math.floor(date.getTime() / 1000)
  const oldest = Math.min(Date.now() / 1000, ...collections.map(({ createdAt }) => seconds(createdAt)))
  const documents = [
    { collection: undefined, created: Math.floor(oldest) },
    ...collections.map(({ name, createdAt }) => ({ collection: name, created: seconds(createdAt) })),
  ]
  return [
    ...[undefined, ...engines].flatMap((engine) =>
      documents.map(({ collection, created }) => listedModel(modelName({ collection, engine }), created)),
    ),
    listedModel(embedder.model.name, Math.floor(oldest)),
  ]
}

async function* completionEvents(
  head: CompletionHead,
  events: AsyncIterable<AnswerEvent>,
  withUsage: boolean,
): AsyncGenerator<Record<string, unknown>> {
  let begun = false
  for await (const event of events) {
    if (event.type === 'delta') {
      if (!begun) yield completionChunk(head, { role: 'assistant', content: '' })
      begun = true
      yield completionChunk(head, { content: event.text })
    } else if (event.type === 'restart' && begun) {
      // This protocol cannot take back sent text.
      throw new ChatbotError('interrupted', 'The answer was restarted by another daemon. Ask again.')
    } else if (event.type === 'done') {
      const list = citationsText(event.answer)
      if (list !== '') yield completionChunk(head, { content: list })
      yield completionChunk(head, {}, event.answer)
      if (withUsage) yield usageChunk(head, event.answer)
    }
  }
}

/** Server-sent events; an error in the stream is its last event. */
async function* eventLines(
  first: IteratorResult<unknown>,
  rest: AsyncIterable<unknown>,
  toError: (thrown: unknown) => ChatbotError,
): AsyncGenerator<string> {
  const line = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`
  try {
    if (!first.done) yield line(first.value)
    for await (const chunk of rest) yield line(chunk)
  } catch (thrown) {
    yield line(completionError(toError(thrown)))
    return
  }
  yield 'data: [DONE]\n\n'
}
