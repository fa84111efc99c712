/** The library of a daemon, over its API. */
import type { ApiClient } from '../client/api.ts'
import type { AskEvent, ChatClient } from '../client/client.ts'
import type { AnswerEvent } from '../domain/answer.ts'
import type { Library } from './library.ts'

export const remoteLibrary = (api: ApiClient, chat: ChatClient): Library => ({
  search: (request, { signal }) => chat.search({ ...request, signal }),
  ask: (request, { signal }) => answerEvents(chat.ask({ ...request, signal })),
  text: ({ document, start, end }, options) =>
    api.call('getDocumentText', { params: { reference: document }, query: { start, end } }, options),
  documents: (query, options) => api.call('listDocuments', { query }, options),
  collections: (options) => api.call('listCollections', {}, options),
})

async function* answerEvents(events: AsyncIterable<AskEvent>): AsyncGenerator<AnswerEvent> {
  for await (const event of events) {
    if (event.type === 'error') throw event.error
    if (event.type !== 'accepted') yield event
  }
}
