/** The settings under `retrieval.`: the configuration has them all, a request may change some for itself. */
import { z } from 'zod'

const fields = {
  passages: z.int().min(1).max(50).describe('passages that an answer is made from'),
  maxTokens: z
    .int()
    .min(64)
    .max(1_000_000)
    .describe('tokens of these passages together; what does not fit is left out, with a warning'),
  mode: z
    .enum(['hybrid', 'vector', 'lexical'])
    .describe('what finds passages: meaning and words, `vector` meaning alone, `lexical` words alone (BM25)'),
  lexicalWeight: z
    .number()
    .min(0)
    .max(10)
    .describe('how much the words count in `hybrid`, as a multiple of what was learnt for the language'),
  sentences: z.boolean().describe('compare single sentences with the question when passages are close'),
  rerank: z
    .boolean()
    .describe('read the best passages with the reranker (`reranker.model`), where it knows the language'),
  rerankMs: z.int().min(1).max(60_000).describe('time for that; what was not read keeps its place'),
}

export const retrievalSchema = z.strictObject({
  passages: fields.passages.default(6),
  maxTokens: fields.maxTokens.default(4000),
  mode: fields.mode.default('hybrid'),
  lexicalWeight: fields.lexicalWeight.default(1),
  sentences: fields.sentences.default(true),
  rerank: fields.rerank.default(true),
  rerankMs: fields.rerankMs.default(1000),
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
