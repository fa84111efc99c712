import { z } from 'zod'

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** May contain `:name` placeholders. */
  readonly path: string
  readonly summary: string
  readonly params: z.ZodObject
  readonly query: z.ZodObject
  /** Lower-case names. */
  readonly headers: z.ZodObject
  readonly body: z.ZodType
  /** Needs no token. */
  readonly open?: true
  /** The body is a file, streamed. */
  readonly upload?: true
  /** The response is a file, streamed. */
  readonly download?: true
  /** The response is server-sent events: always, or if the request accepts them. */
  readonly events?: 'only' | 'accepted'
  readonly response: z.ZodType
}

/** The default for routes without parameters. */
export const nothing = {
  params: z.object({}),
  query: z.object({}),
  headers: z.object({}),
  body: z.undefined(),
}
