/** The settings under `retrieval.`: the configuration has all of them, and a request may override some for itself. */
import { z } from 'zod'

const fields = {
  passages: z.int().min(1).max(50).describe('passages that an answer is based on'),
  maxTokens: z
    .int()
    .min(64)
    .max(1_000_000)
    .describe('token budget for these passages; what does not fit is left out, with a warning'),
  mode: z
    .enum(['hybrid', 'vector', 'lexical'])
    .describe(
      'how passages are found: `hybrid` by vectors and words, `vector` by vectors alone, `lexical` by words alone (BM25)',
    ),
  lexicalWeight: z
    .number()
    .min(0)
    .max(10)
    .describe('weight of words in `hybrid`, as a multiple of the weight fitted for the language'),
  sentences: z
    .boolean()
    .describe('compare individual sentences with the question if passages score close together'),
  rerank: z
    .boolean()
    .describe('rerank the best passages (`reranker.model`) if the model supports the language'),
  rerankMs: z
    .int()
    .min(1)
    .max(60_000)
    .describe('time limit for reranking; passages not reached keep their place'),
}

export const retrievalSchema = z.strictObject({
  passages: fields.passages.default(8),
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
  .describe('overrides of settings under `retrieval.` for this request only')

export type RetrievalOptions = z.output<typeof retrievalOptionsSchema>

/** The settings in force for one request. */
export const withOptions = (settings: RetrievalSettings, options: RetrievalOptions = {}): RetrievalSettings =>
  retrievalSchema.parse({ ...settings, ...options })
