/** The used parts of a model's `config.json`. */
import { z } from 'zod'
import type { ModelRole } from './description.ts'

/** The role given by a model's configuration. */
export function roleOf({ architectures = [] }: Pick<ModelConfig, 'architectures'>): ModelRole {
  if (architectures.some((name) => /ForCausalLM|LMHeadModel|ForConditionalGeneration/.test(name)))
    return 'generator'
  return architectures.some((name) => name.endsWith('ForSequenceClassification')) ? 'reranker' : 'embedder'
}

export const configSchema = z.object({
  architectures: z
    .array(z.string())
    .nullish()
    .transform((list) => list ?? undefined),
  model_type: z.string().optional(),
  _name_or_path: z.string().optional(),
  hidden_size: z.int().positive().optional(),
  dim: z.int().positive().optional(),
  d_model: z.int().positive().optional(),
  max_position_embeddings: z.int().optional(),
  n_positions: z.int().positive().optional(),
  pad_token_id: z.int().nullish(),
  id2label: z.record(z.string(), z.unknown()).optional(),
})
export type ModelConfig = z.output<typeof configSchema>
