import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers'
import { z } from 'zod'
import type { Tokenizer } from '../src/domain/embedding.ts'
import { ChatbotError } from '../src/domain/errors.ts'

export interface Encoded {
  /** With special tokens, at most the model's longest input; the last one is always `</s>`. */
  readonly ids: readonly number[]
  /** Share of the text's characters that no token stands for, 0 to 1. */
  readonly unknown: number
  readonly truncated: boolean
}

export interface ModelTokenizer extends Tokenizer {
  encode(text: string, maxTokens: number): Encoded
}

/** The built-in vocabulary's longest piece has 16 characters: more can't be within the model's input. */
const CHARACTERS_PER_TOKEN = 20
/** A word longer than this is counted in slices: the exact way needs a lattice over all of it. */
const WORD_SLICE = 2048
const MEMO_WORD_LENGTH = 40
const MEMO_WORDS = 200_000

/** Reads `tokenizer.json` of a model folder, in about 0.2 s of blocking work; throws `model_corrupt`. */
export function loadTokenizer(folder: string): ModelTokenizer {
  const config = readJson(join(folder, 'tokenizer_config.json'))
  const tokenizer = new HuggingFaceTokenizer(readJson(join(folder, 'tokenizer.json')), config)
  const idOf = (name: string): number => {
    const token = config[name]
    const id = typeof token === 'string' ? tokenizer.token_to_id(token) : undefined
    if (id === undefined) throw corrupt(join(folder, 'tokenizer_config.json'), `names no known ${name}`)
    return id
  }
  const eos = idOf('eos_token')
  const unk = idOf('unk_token')
  const countWord = memoised((word) => {
    let count = 0
    for (let at = 0; at < word.length; at += WORD_SLICE)
      count += tokenizer.encode(word.slice(at, at + WORD_SLICE), { add_special_tokens: false }).ids.length
    return count
  })
  return {
    encode(text, maxTokens) {
      const longest = maxTokens * CHARACTERS_PER_TOKEN
      const spaced = text.length > longest ? text.replace(/\s+/gu, ' ') : text
      const { ids, tokens } = tokenizer.encode(spaced.slice(0, longest))
      const truncated = ids.length > maxTokens || spaced.length > longest
      return {
        ids: ids.length > maxTokens ? [...ids.slice(0, maxTokens - 1), eos] : ids,
        unknown: unknownShare(ids, tokens, unk),
        truncated,
      }
    },
    /** By words, which is exact for a tokenizer that splits at white space, and linear in the text. */
    count(text) {
      let count = 0
      for (const [word] of text.matchAll(/\S+/gu)) count += countWord(word)
      return count
    },
  }
}

/** Runs of unknown characters are one token, so characters are counted, not tokens. */
function unknownShare(ids: readonly number[], tokens: readonly string[], unk: number): number {
  let known = 0
  let unknown = 0
  for (let i = 1; i < ids.length - 1; i++) {
    const characters = (tokens[i] ?? '').replaceAll('▁', '').length
    if (ids[i] === unk) unknown += characters
    else known += characters
  }
  return unknown === 0 ? 0 : unknown / (known + unknown)
}

function memoised(count: (word: string) => number): (word: string) => number {
  const memo = new Map<string, number>()
  return (word) => {
    if (word.length > MEMO_WORD_LENGTH) return count(word)
    const known = memo.get(word)
    if (known !== undefined) return known
    if (memo.size >= MEMO_WORDS) memo.clear()
    const counted = count(word)
    memo.set(word, counted)
    return counted
  }
}

function readJson(path: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (thrown) {
    throw corrupt(path, `cannot be read (${thrown instanceof Error ? thrown.message : String(thrown)})`)
  }
}

const corrupt = (path: string, what: string): ChatbotError =>
  new ChatbotError('model_corrupt', `The model file ${path} ${what}. Reinstall the model.`)
