/** Messages between the daemon and a language model's process. */
import { z } from 'zod'
import { ERROR_CODES } from '../src/domain/errors.ts'

export const generateSetupSchema = z.object({
  folder: z.string(),
  onnx: z.string(),
  contextTokens: z.int(),
  threads: z.int(),
  provider: z.string(),
  /** Concurrent answers, each with a separate cache. */
  parallel: z.int(),
  /** Total size of the KV caches. */
  cacheBytes: z.int(),
})
export type GenerateSetup = z.output<typeof generateSetupSchema>

const optionsSchema = z.object({
  maxTokens: z.int(),
  temperature: z.number(),
  topK: z.int(),
  topP: z.number(),
  minP: z.number(),
  repetitionPenalty: z.number(),
  seed: z.int().optional(),
  stop: z.array(z.string()),
})

export const generateCommandSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('load'), setup: generateSetupSchema }),
  z.object({
    type: z.literal('generate'),
    id: z.int(),
    messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })),
    options: optionsSchema,
  }),
  z.object({ type: z.literal('cancel'), id: z.int() }),
])
export type GenerateCommand = z.output<typeof generateCommandSchema>

export const generateReplySchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('loaded') }),
  z.object({
    type: z.literal('unloadable'),
    message: z.string(),
    detail: z.string().optional(),
    code: z.enum(ERROR_CODES).optional(),
  }),
  z.object({
    type: z.literal('text'),
    id: z.int(),
    text: z.string(),
    promptTokens: z.int(),
    completionTokens: z.int(),
  }),
  z.object({
    type: z.literal('end'),
    id: z.int(),
    finish: z.enum(['stop', 'length']),
    promptTokens: z.int(),
    cachedTokens: z.int(),
    completionTokens: z.int(),
  }),
  z.object({
    type: z.literal('failed'),
    id: z.int(),
    code: z.enum(ERROR_CODES),
    message: z.string(),
    detail: z.string().optional(),
  }),
])
export type GenerateReply = z.output<typeof generateReplySchema>
