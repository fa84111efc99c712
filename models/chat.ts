/** The text side of a chat model: its template, its tokenizer, and streaming detokenization. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Template } from '@huggingface/jinja'
import { Tokenizer } from '@huggingface/tokenizers'
import { z } from 'zod'
import { parseJson } from '../src/domain/json.ts'
import type { ChatMessage } from '../src/ports/chat-model.ts'

export interface ChatFormat {
  /** The prompt's tokens, up to the start of the assistant's next message. */
  encode: (messages: readonly ChatMessage[]) => number[]
  /** Tokens that end an answer. */
  readonly ends: ReadonlySet<number>
  decoder: (stop: readonly string[]) => TextDecoder
}

/** Decodes the tokens of one answer. */
export interface TextDecoder {
  /** Returns the text that is final: no incomplete character, and no possible start of a stop text. */
  push: (id: number) => string
  /** Returns the text held back. */
  flush: () => string
  /** The answer has ended at a stop text. */
  readonly stopped: boolean
}

const token = z.union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)])
const tokenizerSchema = z.looseObject({
  bos_token: token.nullish(),
  eos_token: token.nullish(),
  pad_token: token.nullish(),
  chat_template: z
    .union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))])
    .nullish(),
})
const ids = z.union([z.int().transform((id) => [id]), z.array(z.int())]).nullish()
const generationSchema = z.looseObject({ eos_token_id: ids })

/** Reads a model's folder; throws if files are missing or damaged, or contain no chat template. */
export function loadChat(folder: string): ChatFormat {
  const config = tokenizerSchema.parse(readJson(join(folder, 'tokenizer_config.json')))
  const tokenizer = new Tokenizer(z.looseObject({}).parse(readJson(join(folder, 'tokenizer.json'))), config)
  const template = new Template(templateOf(folder, config.chat_template))
  const special = {
    bos_token: config.bos_token ?? '',
    eos_token: config.eos_token ?? '',
    pad_token: config.pad_token ?? '',
  }
  const render = (messages: readonly ChatMessage[]): string =>
    template.render({
      messages: messages.map((message) => ({ ...message })),
      add_generation_prompt: true,
      ...special,
    })
  const takesSystem = hasSystem(render)
  return {
    encode(messages) {
      const last = messages.at(-1)
      const begun = last?.role === 'assistant' ? last.content : ''
      const asked = begun === '' ? messages : messages.slice(0, -1)
      const prompt = render(takesSystem ? asked : folded(asked)) + begun
      return tokenizer.encode(prompt, { add_special_tokens: false }).ids
    },
    ends: new Set([
      ...endsIn(join(folder, 'generation_config.json')),
      ...endsIn(join(folder, 'config.json')),
      ...(config.eos_token ? [tokenizer.token_to_id(config.eos_token) ?? -1] : []),
    ]),
    decoder: (stop) =>
      createDecoder(
        (part) =>
          part.length === 0
            ? ''
            : tokenizer.decode(part, { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
        stop,
      ),
  }
}

/** Templates without the role `system` reject it (Gemma) or ignore it. */
function hasSystem(render: (messages: readonly ChatMessage[]) => string): boolean {
  const probe = 'system-probe'
  try {
    return render([
      { role: 'system', content: probe },
      { role: 'user', content: 'Hello.' },
    ]).includes(probe)
  } catch {
    return false
  }
}

/** Prepends the system message to the first user message. */
function folded(messages: readonly ChatMessage[]): ChatMessage[] {
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content)
  const others = messages.filter(({ role }) => role !== 'system')
  const first = others.findIndex(({ role }) => role === 'user')
  return others.map((message, at) =>
    at === first ? { ...message, content: [...system, message.content].join('\n\n') } : message,
  )
}

function templateOf(folder: string, stated: z.output<typeof tokenizerSchema>['chat_template']): string {
  const file = read(join(folder, 'chat_template.jinja'))
  if (file !== undefined) return file
  if (typeof stated === 'string') return stated
  const [first] = stated ?? []
  const found = stated?.find(({ name }) => name === 'default') ?? first
  if (found === undefined)
    throw new Error('the model has no chat template: it completes texts, but does not answer')
  return found.template
}

function endsIn(path: string): number[] {
  const text = read(path)
  return text === undefined ? [] : (generationSchema.parse(parseJson(text)).eos_token_id ?? [])
}

/** Decoded from an incomplete character. */
const INCOMPLETE = '\ufffd'

/** `decode` works on a few tokens: a token's text can depend on its predecessor, so it compares pairs of suffixes. */
export function createDecoder(decode: (ids: number[]) => string, stop: readonly string[]): TextDecoder {
  const tokens: number[] = []
  let from = 0
  let read = 0
  let held = ''
  let stopped = false

  function release(text: string): string {
    held += text
    const at = Math.min(...stop.map((one) => held.indexOf(one)).filter((index) => index >= 0))
    if (Number.isFinite(at)) {
      stopped = true
      const before = held.slice(0, at)
      held = ''
      return before
    }
    const keep = Math.max(0, ...stop.map((one) => overlap(held, one)))
    const free = held.slice(0, held.length - keep)
    held = held.slice(held.length - keep)
    return free
  }

  function decoded(final: boolean): string {
    const before = decode(tokens.slice(from, read))
    const after = decode(tokens.slice(from))
    if (!final && (after.length <= before.length || after.endsWith(INCOMPLETE))) return ''
    from = read
    read = tokens.length
    return after.slice(before.length)
  }

  return {
    push(id) {
      if (stopped) return ''
      tokens.push(id)
      return release(decoded(false))
    },
    flush() {
      const text = stopped ? '' : release(decoded(true)) + held
      held = ''
      return text
    },
    get stopped() {
      return stopped
    },
  }
}

/** Length of the longest suffix of `text` that is a prefix of `stop`. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length
  }
  return 0
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const readJson = (path: string): unknown => parseJson(readFileSync(path, 'utf8'))
