import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Tokenizer } from '@huggingface/tokenizers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { builtinModel } from '../../../models/builtin.ts'
import { loadTokenizer } from '../../../models/tokenizer.ts'

const tokenizer = loadTokenizer(builtinModel().folder)
const reference = z
  .object({ rows: z.array(z.object({ input: z.string(), ids: z.array(z.number()).optional() })) })
  .parse(JSON.parse(readFileSync(new URL('../../data/embedder-reference.json', import.meta.url), 'utf8')))

describe('tokenizer of the built-in model', () => {
  it('gives the ids of the reference implementation', () => {
    for (const { input, ids } of reference.rows)
      if (ids) expect(tokenizer.encode(input, 512).ids).toEqual(ids)
  })

  it('gives by words the ids of the text as a whole', () => {
    const { folder } = builtinModel()
    const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'))
    const whole = new Tokenizer(read('tokenizer.json'), read('tokenizer_config.json'))
    const part = fc.constantFrom(
      ...[
        'мама',
        'мыла',
        ' ',
        '  ',
        '\n',
        '\t',
        '\u200b',
        '\u00a0',
        '\u3000',
        'x²',
        '´',
        '¨',
        'e\u0301',
        '\u0301',
      ],
      ...[
        '▁',
        '</s>',
        '<mask>',
        '<unk>',
        '这是',
        '🎉',
        'getElementById(',
        '3.14,',
        '--',
        'ﬁ',
        '\u0007',
        'Ⅳ',
        '½',
      ],
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string({ unit: 'grapheme' }))), (parts) => {
        const text = parts.join('')
        expect(tokenizer.encode(text, 100_000).ids).toEqual(whole.encode(text).ids)
        const { spans, ...located } = tokenizer.locate(text, 100_000)
        expect(located).toEqual(tokenizer.encode(text, 100_000))
        expect(spans.length).toBe(located.ids.length - 2)
      }),
      { numRuns: 500 },
    )
  })

  it('cuts to the longest input and keeps the final </s>', () => {
    const { ids, truncated } = tokenizer.encode('слово '.repeat(2000), 512)
    expect(ids).toHaveLength(512)
    expect(ids.at(-1)).toBe(2)
    expect(truncated).toBe(true)
    expect(tokenizer.encode('слово', 512)).toMatchObject({ truncated: false, unknown: 0 })
  })

  it('tells where tokens stand: of a word that normalising changed, the whole word', () => {
    const text = 'getElementById(3.14)  ﬁve мама—мыла 🎉'
    const { spans } = tokenizer.locate(text, 512)
    expect(spans.every(({ start }, i) => start >= (spans[i - 1]?.start ?? 0))).toBe(true)
    const places = new Set(spans.map(({ start, end }) => text.slice(start, end)))
    expect(places).toContain('ﬁve')
    expect(places).toContain('get')
    expect(spans.at(-1)?.end).toBe(text.length)
    expect(tokenizer.locate('слово '.repeat(2000), 512).spans).toHaveLength(510)
  })

  it('cuts megabytes the same way, with or without spaces', () => {
    const words = `${'word '.repeat(400_000)}`
    expect(tokenizer.encode(words, 512).ids).toEqual(tokenizer.encode(words.slice(0, 5000), 512).ids)
    expect(tokenizer.encode(`a${' '.repeat(2_000_000)}b`, 512)).toEqual(tokenizer.encode('a b', 512))
    expect(tokenizer.encode('x7'.repeat(1_000_000), 512).ids).toHaveLength(512)
  })

  it('says how much of a text it does not know', () => {
    expect(tokenizer.encode('passage: 这是一个测试文件没有人认识', 512).unknown).toBeGreaterThan(0.5)
    expect(tokenizer.encode('passage: a plain sentence, простая фраза', 512).unknown).toBe(0)
  })

  it('counts as it encodes', () => {
    const text = fc.array(
      fc.oneof(fc.constantFrom('мама ', 'daemon', '\n', ' ', 'x²', 'getElementById', '3.14'), fc.string()),
    )
    fc.assert(
      fc.property(text, (parts) => {
        const joined = parts.join('').replaceAll(/<\/?[a-z]+>/gu, '')
        const encoded = tokenizer.encode(joined, 100_000).ids.length - 2
        expect(Math.abs(tokenizer.count(joined) - encoded)).toBeLessThanOrEqual(2 + encoded * 0.05)
      }),
    )
  })
})
