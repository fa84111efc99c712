import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers'
import { z } from 'zod'
import type { Span } from '../src/domain/document.ts'
import { ChatbotError, errorText } from '../src/domain/errors.ts'
import { parseJson } from '../src/domain/json.ts'
import type { Tokenizer } from '../src/ports/embedder.ts'

export interface Encoded {
  /** With special tokens, at most `maxTokens`; a truncated text keeps its end token. */
  readonly ids: readonly number[]
  /** Share of the text's characters that are unknown to the vocabulary, 0 to 1. */
  readonly unknown: number
  readonly truncated: boolean
}

export interface Located extends Encoded {
  /**
   * Spans of the tokens in the text, without the two special tokens. If normalisation changed a word's length, its tokens
   * all have the whole word's span. A word-start marker that is a token of its own has an empty span.
   */
  readonly spans: readonly Span[]
}

export interface EncodedPair {
  readonly ids: readonly number[]
  /** 0 for the first text, 1 for the second. */
  readonly types: readonly number[]
}

export interface ModelTokenizer extends Tokenizer {
  encode: (text: string, maxTokens: number) => Encoded
  /** Like `encode`, with the span of every token. Throws for tokenizers that don't split words separately. */
  locate: (text: string, maxTokens: number) => Located
  /** Truncates the second text. */
  encodePair: (first: string, second: string, maxTokens: number) => EncodedPair
}

/** The longest pieces of vocabularies have 16 to 20 characters, so text beyond this cannot fit the input. */
const CHARACTERS_PER_TOKEN = 20
/** Longer words are counted in slices, because exact tokenization needs a lattice over the whole word. */
const WORD_SLICE_CHARACTERS = 2048
const MAX_MEMO_WORD_CHARACTERS = 40
const MAX_MEMO_WORDS = 50_000

/** Reads a model folder's `tokenizer.json`; blocks for about 0.2 s. Throws `model_corrupt`. */
export function loadTokenizer(folder: string): ModelTokenizer {
  const config = readJson(join(folder, 'tokenizer_config.json'))
  const description = readJson(join(folder, 'tokenizer.json'))
  const tokenizer = new HuggingFaceTokenizer(description, config)
  const unknownToken = z
    .union([z.string(), z.object({ content: z.string() })])
    .safeParse(config.unk_token).data
  const unk = typeof unknownToken === 'object' ? unknownToken.content : unknownToken
  const unkId = unk === undefined ? undefined : tokenizer.token_to_id(unk)
  const bare = tokenizer.encode('').ids
  // `</s>`, `[SEP]` or an end-of-text token; decoders have none.
  const last = bare.at(-1)
  const end = last === tokenizer.encode('a').ids.at(-1) ? last : undefined
  const cut = (ids: readonly number[], maxTokens: number): readonly number[] => {
    if (ids.length <= maxTokens) return ids
    return end === undefined ? ids.slice(0, maxTokens) : [...ids.slice(0, maxTokens - 1), end]
  }
  const wordOf = memoised((word) => {
    const { ids, tokens } = tokenizer.encode(word, { add_special_tokens: false })
    const characters = lengths(tokens)
    return { ids, lengths: characters, ...coverage(ids, characters, unkId) }
  })
  const whole = (text: string): Pieces => {
    const { ids, tokens } = tokenizer.encode(text)
    return { ids, ...coverage(ids.slice(1, -1), lengths(tokens.slice(1, -1)), unkId) }
  }
  /** Gives the same ids as `whole` in a tenth of the time, because most words are memoised. */
  const byWords = (text: string, seen?: (word: Word, text: string, start: number) => void): Pieces => {
    const ids = bare.slice(0, 1)
    let known = 0
    let unknown = 0
    for (const { 0: part, index } of text.matchAll(/\S+/gu)) {
      const word = wordOf(part)
      seen?.(word, part, index)
      for (const id of word.ids) ids.push(id)
      known += word.known
      unknown += word.unknown
    }
    ids.push(...bare.slice(1))
    return { ids, known, unknown }
  }
  const cutsWords = bare.length === 2 && splitsAtSpace(description)
  const fitted = ({ ids, known, unknown }: Pieces, maxTokens: number, isWhole: boolean): Encoded => ({
    ids: cut(ids, maxTokens),
    unknown: unknown === 0 ? 0 : unknown / (known + unknown),
    truncated: ids.length > maxTokens || !isWhole,
  })
  return {
    encode(text, maxTokens) {
      const longest = maxTokens * CHARACTERS_PER_TOKEN
      const spaced = text.length > longest ? text.replace(/\s+/gu, ' ') : text
      const pieces = (cutsWords ? byWords : whole)(spaced.slice(0, longest))
      return fitted(pieces, maxTokens, spaced.length <= longest)
    },
    locate(text, maxTokens) {
      if (!cutsWords) throw new Error('this tokenizer does not cut up words one by one')
      const longest = maxTokens * CHARACTERS_PER_TOKEN
      const spans: Span[] = []
      const pieces = byWords(text.slice(0, longest), (word, part, start) => {
        spans.push(...spansOf(word, part, start))
      })
      const encoded = fitted(pieces, maxTokens, text.length <= longest)
      return { ...encoded, spans: spans.slice(0, encoded.ids.length - bare.length) }
    },
    encodePair(first, second, maxTokens) {
      const longest = maxTokens * CHARACTERS_PER_TOKEN
      const { ids, token_type_ids: types = [] } = tokenizer.encode(first, {
        text_pair: second.slice(0, longest),
        return_token_type_ids: true,
      })
      return { ids: cut(ids, maxTokens), types: types.slice(0, maxTokens) }
    },
    /** Counts word by word: linear in the text, and exact for tokenizers that split at white space. */
    count(text) {
      let count = 0
      for (const [word] of text.matchAll(/\S+/gu)) {
        for (let at = 0; at < word.length; at += WORD_SLICE_CHARACTERS)
          count += wordOf(word.slice(at, at + WORD_SLICE_CHARACTERS)).ids.length
      }
      return count
    },
  }
}

interface Pieces {
  readonly ids: readonly number[]
  /** Number of characters known and unknown to the vocabulary. */
  readonly known: number
  readonly unknown: number
}

interface Word extends Pieces {
  /** Length of each token, in characters of the normalised word. */
  readonly lengths: readonly number[]
}

function spansOf({ lengths }: Word, text: string, start: number): Span[] {
  if (lengths.reduce((sum, length) => sum + length, 0) !== text.length)
    return lengths.map(() => ({ start, end: start + text.length }))
  let end = start
  return lengths.map((length) => {
    end += length
    return { start: end - length, end }
  })
}

const lengths = (tokens: readonly string[]): number[] =>
  tokens.map((token) => token.replace(/^##|▁/gu, '').length)

/** Counts characters rather than tokens, because a run of unknown characters is one token. */
function coverage(ids: readonly number[], tokenLengths: readonly number[], unk: number | undefined) {
  let known = 0
  let unknown = 0
  for (const [i, characters] of tokenLengths.entries()) {
    if (ids[i] === unk) unknown += characters
    else known += characters
  }
  return { known, unknown }
}

const splitterSchema = z.object({
  pre_tokenizer: z.object({
    type: z.string(),
    pretokenizers: z.array(z.object({ type: z.string() })).optional(),
  }),
})

/** Whether words are tokenized separately, regardless of their neighbours. */
function splitsAtSpace(description: Record<string, unknown>): boolean {
  const { data } = splitterSchema.safeParse(description)
  return (data?.pre_tokenizer.pretokenizers?.[0] ?? data?.pre_tokenizer)?.type === 'WhitespaceSplit'
}

function memoised(make: (word: string) => Word): (word: string) => Word {
  const memo = new Map<string, Word>()
  return (word) => {
    if (word.length > MAX_MEMO_WORD_CHARACTERS) return make(word)
    const held = memo.get(word)
    if (held !== undefined) return held
    if (memo.size >= MAX_MEMO_WORDS) memo.clear()
    const made = make(word)
    memo.set(word, made)
    return made
  }
}

function readJson(path: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(parseJson(readFileSync(path, 'utf8')))
  } catch (thrown) {
    throw corrupt(path, 'cannot be read', thrown)
  }
}

const corrupt = (path: string, what: string, cause?: unknown): ChatbotError =>
  new ChatbotError('model_corrupt', `The model file ${basename(path)} ${what}. Get the model again.`, {
    cause,
    detail: cause === undefined ? path : `${path}: ${errorText(cause)}`,
  })
