import { z } from 'zod'

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** With `:name` placeholders. */
  readonly path: string
  readonly summary: string
  readonly params: z.ZodObject
  readonly query: z.ZodObject
  /** Lower-case names. */
  readonly headers: z.ZodObject
  readonly body: z.ZodType
  /** Needs no token. */
  readonly open?: true
  /** The body is the bytes of a file, streamed. */
  readonly upload?: true
  /** The response is the bytes of a file, streamed. */
  readonly download?: true
  readonly response: z.ZodType
}

/** What a route takes unless it says otherwise. */
export const nothing = {
  params: z.object({}),
  query: z.object({}),
  headers: z.object({}),
  body: z.undefined(),
}
