/** What the MCP server's tools need: the documents, as one caller may read them. Behind a daemon's API, or inside the daemon. */
import type { RouteResponse } from '../api/routes.ts'
import type { AnswerEvent, Passage } from '../domain/answer.ts'

export interface CallOptions {
  readonly signal: AbortSignal
}

/** All functions throw `ChatbotError`. */
export interface Library {
  readonly search: (
    request: { readonly query: string; readonly collections?: string[] | undefined; readonly limit: number },
    options: CallOptions,
  ) => Promise<{ readonly passages: readonly Passage[]; readonly searched?: string | undefined }>
  /** The events of an answer; its error is thrown. Aborting cancels the answer. */
  readonly ask: (
    request: {
      readonly question: string
      readonly collections?: string[] | undefined
      readonly engine?: string | undefined
    },
    options: CallOptions,
  ) => AsyncIterable<AnswerEvent>
  readonly text: (
    request: { readonly document: string; readonly start: number; readonly end: number },
    options: CallOptions,
  ) => Promise<RouteResponse<'getDocumentText'>>
  readonly documents: (
    request: {
      readonly collection?: string | undefined
      readonly after?: string | undefined
      readonly limit: number
    },
    options: CallOptions,
  ) => Promise<RouteResponse<'listDocuments'>>
  readonly collections: (options: CallOptions) => Promise<RouteResponse<'listCollections'>>
}
