import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtinModel } from '../../../models/builtin.ts'
import type { Encoding } from '../../../models/embed-messages.ts'
import { type LocalEmbedder, startEmbedder } from '../../../models/embedder.ts'
import { lateInteraction } from '../../../models/late-interaction.ts'
import { cosine } from '../../../src/domain/cosine.ts'
import type { EmbedOptions } from '../../../src/ports/embedder.ts'

const HOW = { priority: 'question' } as const
const model = builtinModel()
const whole = (text: string) => ({ text, parts: [{ start: 0, end: text.length }] })
const mean = (values: ArrayLike<number> = []) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length

let embedder: LocalEmbedder
/** The texts that `interact` had encoded. */
let encoded: string[] = []
const encode = (texts: readonly string[], options: EmbedOptions): Promise<Encoding[]> => {
  encoded.push(...texts)
  return embedder.encode(texts, options)
}
beforeAll(async () => {
  embedder = await startEmbedder({ model })
})
afterAll(() => embedder.close())

describe('vectors of tokens', () => {
  it('come with the vector of the text that comes without them', async () => {
    const texts = ['Pay within 30 days.', 'Срок оплаты — 30 дней.', 'слово '.repeat(600), '']
    const how = { as: 'passage', priority: 'ingest' } as const
    const plain = await embedder.embed(texts, how)
    const encodings = await embedder.encode(texts, how)
    for (const [i, { tokenVectors, ...encoding }] of encodings.entries()) {
      expect(encoding).toEqual(plain[i])
      expect(tokenVectors?.vectors.length).toBe(model.dimensions * (tokenVectors?.starts.length ?? 0))
    }
    // Two special tokens, and two of `passage: `.
    expect(encodings.map(({ tokens, tokenVectors }) => tokens - (tokenVectors?.starts.length ?? 0))).toEqual([
      4, 4, 4, 4,
    ])
  })

  it('have length 1 and stand where their tokens do, without the prefix', async () => {
    const text = 'Tickets are valid for 30 days.'
    const [encoding] = await embedder.encode([text], { as: 'passage', priority: 'ingest' })
    const { vectors, starts, ends } = encoding?.tokenVectors ?? {}
    expect(Array.from(starts ?? [], (start, i) => text.slice(start, ends?.[i])).join('')).toBe(
      text.replaceAll(' ', ''),
    )
    const first = Array.from(vectors?.subarray(0, model.dimensions) ?? [])
    expect(first.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 5)
  })
})

describe('late interaction', () => {
  const interact = lateInteraction(encode)

  it('tells for each token of the question how well the text meets it', async () => {
    const question = 'How long are tickets valid?'
    const texts = ['A ticket is valid for 30 days.', 'The museum was built in 1902.']
    const { question: tokens, texts: found } = await interact(question, texts.map(whole), HOW)
    expect(tokens.map(({ start, end }) => question.slice(start, end)).join('')).toBe(
      question.replaceAll(' ', ''),
    )
    expect(found.map(({ best }) => best[0]?.length)).toEqual([tokens.length, tokens.length])
    expect(mean(found[0]?.best[0])).toBeGreaterThan(mean(found[1]?.best[0]) + 0.02)
    expect(found[0]?.similarity).toBeGreaterThan(found[1]?.similarity ?? 1)
  })

  it('gives the cosines of the vectors, but for rounding', async () => {
    const question = 'Какой срок действия билета и как его продлить?'
    const text = 'Билет действует 30 дней. Продлить его можно на сайте или в кассе, см. раздел 4.2 (стр. 17).'
    const [asked] = await embedder.encode([question], { ...HOW, as: 'query' })
    const [passage] = await embedder.encode([text], { ...HOW, as: 'passage' })
    const rows = (encoding?: Encoding) => {
      const { vectors = new Float32Array(), starts = [] } = encoding?.tokenVectors ?? {}
      return Array.from(starts, (_, i) => vectors.subarray(i * model.dimensions, (i + 1) * model.dimensions))
    }
    const exact = rows(asked).map((row) => Math.max(...rows(passage).map((other) => cosine(row, other))))
    const { texts } = await interact(question, [whole(text)], HOW)
    const best = texts[0]?.best[0] ?? []
    expect(best.length).toBe(exact.length)
    for (const [i, value] of exact.entries()) expect(Math.abs(value - (best[i] ?? 0))).toBeLessThan(0.002)
  })

  it('compares with each part of a text by itself', async () => {
    const text = 'Dogs are not allowed. Tickets are valid for 30 days.'
    const parts = [
      { start: 0, end: 21 },
      { start: 22, end: text.length },
      { start: 0, end: text.length },
      { start: 21, end: 22 },
    ]
    const { texts } = await interact('How long are tickets valid?', [{ text, parts }], HOW)
    const [dogs, tickets, both, none] = texts[0]?.best ?? []
    expect(mean(tickets)).toBeGreaterThan(mean(dogs))
    for (const [i, value] of both?.entries() ?? [])
      expect(value).toBe(Math.max(dogs?.[i] ?? -1, tickets?.[i] ?? -1))
    expect(new Set(none)).toEqual(new Set([-1]))
  })

  it('encodes a text once, in one call and over several', async () => {
    encoded = []
    const one = whole('The kitchen closes at nine.')
    const { texts } = await interact('When does it close?', [one, whole('And the bar at ten.'), one], HOW)
    expect(texts[2]).toEqual(texts[0])
    expect(encoded).toEqual(['When does it close?', 'The kitchen closes at nine.', 'And the bar at ten.'])
    encoded = []
    const again = await interact('When does it close?', [one], HOW)
    expect(again.texts[0]).toEqual(texts[0])
    expect(encoded).toEqual(['When does it close?'])
  })

  it('says that a text was cut, and what is lost meets nothing', async () => {
    const text = 'слово '.repeat(600)
    const parts = [
      { start: 0, end: 1000 },
      { start: 3500, end: text.length },
    ]
    const { texts } = await interact('Какое слово?', [{ text, parts }], HOW)
    expect(texts[0]?.truncated).toBe(true)
    expect(mean(texts[0]?.best[0])).toBeGreaterThan(0.5)
    expect(mean(texts[0]?.best[1])).toBe(-1)
  })

  it('looks at the beginning of a long question', async () => {
    const { question, texts } = await interact('why '.repeat(400), [whole('Because.')], HOW)
    expect(question.length).toBe(128)
    expect(texts[0]?.best[0]?.length).toBe(128)
  })

  it('ends when its caller has gone', async () => {
    const controller = new AbortController()
    const going = interact('Who?', [whole('Nobody at all.'), whole('Somebody.')], {
      ...HOW,
      signal: controller.signal,
    })
    controller.abort()
    await expect(going).rejects.toMatchObject({ code: 'cancelled' })
  })
})
