/** The settings of each engine kind; src/generate/engines/kinds.ts has their implementations. */
import { z } from 'zod'
import { milliseconds, minutes } from './durations.ts'

export const openaiEngineSchema = z.strictObject({
  // The default kind, for old configurations and for engines that only set an address and a model.
  kind: z
    .literal('openai')
    .optional()
    .default('openai')
    .describe('`openai`: an OpenAI-compatible API; `local`: a language model on this machine'),
  baseUrl: z.url({ protocol: /^https?$/ }).describe('base URL of an OpenAI-compatible API, including `/v1`'),
  model: z.string().min(1).describe('model name in that API'),
  apiKey: z
    .string()
    .min(1)
    .optional()
    .meta({ secret: true })
    .describe('API key; prefer the environment or `apiKeyFile`'),
  apiKeyFile: z.string().min(1).optional().describe('file with the API key'),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .optional()
    .describe('sampling temperature; default 0, or the value that the model requires'),
  maxTokens: z.int().min(1).max(100_000).default(800).describe('longest answer, in tokens'),
  contextTokens: z
    .int()
    .min(512)
    .max(10_000_000)
    .default(8192)
    .describe(
      "the engine's context window, in tokens; passages and earlier turns that do not fit are left out",
    ),
  continuation: z
    .enum(['none', 'message', 'prefix', 'vllm'])
    .default('none')
    .describe(
      'how the API goes on with an answer that a lost daemon has begun: `message`, after a last message of the assistant (llama-server, Anthropic); `prefix`, if that is marked `prefix: true` (DeepSeek, Mistral); `vllm`, with `continue_final_message`; `none`, it begins again',
    ),
  timeoutMs: milliseconds(1000).default(120_000).describe('longest wait for the next part of an answer'),
  parallel: z.int().min(1).max(1000).default(16).describe('concurrent answers'),
  retries: z
    .int()
    .min(0)
    .max(10)
    .default(2)
    .describe('retries if it does not respond, or limits the rate for a few seconds'),
})

const localEngineSchema = z.strictObject({
  kind: z.literal('local'),
  model: z
    .string()
    .min(1)
    .describe('a pulled language model (`chatbot models list`), or a folder with its files'),
  maxTokens: z.int().min(1).max(100_000).default(400).describe('longest answer, in tokens'),
  contextTokens: z
    .int()
    .min(512)
    .max(1_000_000)
    .default(4096)
    .describe("tokens of prompt and answer together, at most the model's context window"),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .default(0)
    .describe('sampling temperature; 0 always takes the most likely token'),
  topK: z
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .describe('sample from this many most likely tokens; 0: from all'),
  topP: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('sample from the most likely tokens with this total probability'),
  minP: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("sample from tokens with at least this share of the top token's probability"),
  repetitionPenalty: z
    .number()
    .min(0.5)
    .max(2)
    .default(1)
    .describe('above 1, tokens that have occurred become less likely'),
  seed: z.int().min(0).optional().describe('the same seed gives the same text'),
  stop: z.array(z.string().min(1)).max(16).default([]).describe('texts that end an answer'),
  timeoutMs: milliseconds(1000).default(120_000).describe('longest wait for the next part of an answer'),
  threads: z.int().min(1).max(256).default(2).describe('threads per computation'),
  parallel: z.int().min(1).max(64).default(2).describe('concurrent answers, each with a KV cache'),
  cacheMegabytes: z
    .int()
    .min(16)
    .default(2048)
    .describe('memory for all KV caches; must fit at least one of `contextTokens`'),
  memoryMegabytes: z.int().min(256).default(8192).describe('memory above which its process is ended'),
  idleMinutes: minutes(0.01).default(10).describe('idle time after which its memory is freed'),
})

export const engineSchema = z.discriminatedUnion('kind', [openaiEngineSchema, localEngineSchema], {
  error: ({ code }) =>
    code === 'invalid_union' ? 'unknown engine kind: use `openai` or `local`' : undefined,
})

export type EngineConfig = z.output<typeof engineSchema>
export type EngineKind = EngineConfig['kind']
/** The settings of each engine kind. */
export type EngineConfigs = { readonly [K in EngineKind]: Extract<EngineConfig, { kind: K }> }
