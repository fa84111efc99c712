/** The settings of each kind of engine; src/generate/engines/kinds.ts has what each of them does. */
import { z } from 'zod'
import { milliseconds, minutes } from './durations.ts'

export const openaiEngineSchema = z.strictObject({
  // The kind of old settings, and of those who name an address and a model.
  kind: z
    .literal('openai')
    .optional()
    .default('openai')
    .describe('`openai`: behind an OpenAI-compatible API; `local`: a language model that runs here'),
  baseUrl: z.url({ protocol: /^https?$/ }).describe('base URL of an OpenAI-compatible API, with its `/v1`'),
  model: z.string().min(1).describe('model name, as that API calls it'),
  apiKey: z
    .string()
    .min(1)
    .optional()
    .meta({ secret: true })
    .describe('API key; better in the environment or in `apiKeyFile`'),
  apiKeyFile: z.string().min(1).optional().describe('file that holds the API key'),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .optional()
    .describe('sampling temperature; without it 0, or what the model insists on'),
  maxTokens: z.int().min(1).max(100_000).default(800).describe('longest answer, in tokens'),
  contextTokens: z
    .int()
    .min(512)
    .max(10_000_000)
    .default(8192)
    .describe(
      "the engine's context window, in tokens; passages and earlier turns that do not fit are left out",
    ),
  timeoutMs: milliseconds(1000).default(120_000).describe('longest wait for the next piece of an answer'),
  parallel: z.int().min(1).max(1000).default(16).describe('answers that it is asked for at once'),
  retries: z
    .int()
    .min(0)
    .max(10)
    .default(2)
    .describe('how often it is asked again when it does not answer or limits the rate for a few seconds'),
})

const localEngineSchema = z.strictObject({
  kind: z.literal('local'),
  model: z
    .string()
    .min(1)
    .describe('a pulled model that writes answers (`chatbot models list`), or a folder with its files'),
  maxTokens: z.int().min(1).max(100_000).default(400).describe('longest answer, in tokens'),
  contextTokens: z
    .int()
    .min(512)
    .max(1_000_000)
    .default(4096)
    .describe("most tokens of prompt and answer together, within the model's own window"),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .default(0)
    .describe('sampling temperature; 0 takes the likeliest token'),
  topK: z
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .describe('sample from so many of the likeliest tokens; 0: from all'),
  topP: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('sample from the likeliest that have this probability together'),
  minP: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("sample from those with this share of the likeliest's probability"),
  repetitionPenalty: z
    .number()
    .min(0.5)
    .max(2)
    .default(1)
    .describe('above 1 makes what has occurred less likely'),
  seed: z.int().min(0).optional().describe('the same seed samples the same text'),
  stop: z.array(z.string().min(1)).max(16).default([]).describe('texts that end an answer'),
  timeoutMs: milliseconds(1000).default(120_000).describe('longest wait for the next piece of an answer'),
  threads: z.int().min(1).max(256).default(2).describe('threads of a computation'),
  parallel: z
    .int()
    .min(1)
    .max(64)
    .default(2)
    .describe('answers at once; each has a memory of its conversation'),
  cacheMegabytes: z
    .int()
    .min(16)
    .default(2048)
    .describe('memory for what it keeps of the texts of all answers: at least that of one `contextTokens`'),
  memoryMegabytes: z.int().min(256).default(8192).describe('memory of its process, above which it is ended'),
  idleMinutes: minutes(0.01).default(10).describe('time without a question after which its memory is freed'),
})

export const engineSchema = z.discriminatedUnion('kind', [openaiEngineSchema, localEngineSchema], {
  error: ({ code }) => (code === 'invalid_union' ? 'no kind of engine: `openai` or `local`' : undefined),
})

export type EngineConfig = z.output<typeof engineSchema>
export type EngineKind = EngineConfig['kind']
/** The settings of an engine of that kind. */
export type EngineConfigs = { readonly [K in EngineKind]: Extract<EngineConfig, { kind: K }> }
