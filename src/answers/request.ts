/** The request of an ask, and its stored form for a daemon that may take it over. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { canonicalFilter, type EarlierTurn, type SearchFilter } from '../domain/answer.ts'
import type { Principal } from '../domain/principal.ts'
import { clientMessages } from '../protocol/messages.ts'
import type { RetrievalOptions } from '../protocol/retrieval.ts'

export interface AskRequest {
  /** UUID chosen by the asker. */
  readonly id: string
  readonly question: string
  readonly conversation?: string | undefined
  /** Earlier turns, oldest first, if there is no `conversation`. */
  readonly history?: readonly EarlierTurn[] | undefined
  readonly collections?: readonly string[] | undefined
  readonly filter?: SearchFilter | undefined
  readonly engine?: string | undefined
  readonly retrieval?: RetrievalOptions | undefined
  /** False: the cache is neither read nor written. */
  readonly cache?: boolean | undefined
  /** W3C trace context of the asker. */
  readonly traceparent?: string | undefined
  /** The asker's connection is the only way to the answer: nobody goes on with it when the daemon is gone. */
  readonly isAttended?: boolean | undefined
}

const named = { id: z.string(), name: z.string() }
const principalSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('local'), id: z.string() }),
  z.object({ kind: z.literal('user'), ...named }),
  z.object({ kind: z.literal('key'), ...named }),
  z.object({ kind: z.literal('oidc'), ...named, groups: z.array(z.string()) }),
])

const { type: _, ...askFields } = clientMessages.ask.shape
const storedAskSchema = z.object({
  principal: principalSchema,
  request: z.object({
    ...askFields,
    history: z.array(z.object({ question: z.string(), answer: z.string() })).optional(),
    traceparent: z.string().optional(),
  }),
})

export const storedAsk = (principal: Principal, request: AskRequest): unknown => {
  const { id, question, conversation, history, collections, filter, engine, retrieval, cache, traceparent } =
    request
  return {
    principal,
    request: {
      id,
      question,
      conversation,
      history,
      collections,
      filter,
      engine,
      retrieval,
      cache,
      traceparent,
    },
  }
}

/** Throws if another version wrote it. */
export const readStoredAsk = (stored: unknown): { principal: Principal; request: AskRequest } =>
  storedAskSchema.parse(stored)

/** Equal for asks with the same meaning. */
export function bodyHash(request: AskRequest): string {
  const { question, conversation, history, collections, filter, engine, retrieval, cache } = request
  const body = [
    question,
    conversation ?? null,
    collections ?? null,
    canonicalFilter(filter),
    engine ?? null,
    Object.entries(retrieval ?? {}).sort(),
    // Spelt out or not, a default is the same. `null` is what earlier versions wrote for it.
    cache === false ? false : null,
    history === undefined || history.length === 0
      ? null
      : history.map((turn) => [turn.question, turn.answer]),
  ]
  return createHash('sha256').update(JSON.stringify(body)).digest('hex')
}
