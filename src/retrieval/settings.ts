/** The settings under `retrieval.`: the configuration has them all, a request may change some for itself. */
import { z } from 'zod'

const fields = {
  passages: z.int().min(1).max(50).describe('passages that an answer is made from'),
}

export const retrievalSchema = z.strictObject({
  passages: fields.passages.default(6),
})

export type RetrievalSettings = z.output<typeof retrievalSchema>

export const retrievalOptionsSchema = z
  .strictObject(fields)
  .partial()
  .describe('settings under `retrieval.` for this request alone; the configured ones unless told')

export type RetrievalOptions = z.output<typeof retrievalOptionsSchema>

/** The settings in force for one request. */
export const withOptions = (settings: RetrievalSettings, options: RetrievalOptions = {}): RetrievalSettings =>
  retrievalSchema.parse({ ...settings, ...options })
