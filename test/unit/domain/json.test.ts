import { describe, expect, it } from 'vitest'
import { catching } from '../../../src/domain/catching.ts'
import {
  JsonTooLarge,
  MAX_JSON_DEPTH,
  MAX_MESSAGE_VALUES,
  parseJson,
  parseJsonOrUndefined,
} from '../../../src/domain/json.ts'
import { isStorable } from '../../../src/domain/storable.ts'
import { readClientMessage } from '../../../src/protocol/read.ts'
import { passagesCodec } from '../../../src/redis/tier.ts'

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

describe('JSON from outside', () => {
  it('nests so deep and no deeper, whatever it nests', () => {
    expect(parseJson(nested(MAX_JSON_DEPTH))).toEqual(JSON.parse(nested(MAX_JSON_DEPTH)))
    for (const deep of [nested(MAX_JSON_DEPTH + 1), nested(1_000_000), '{"a":'.repeat(100_000)])
      expect(() => parseJson(deep)).toThrow(JsonTooLarge)
  })

  it('is undefined where nobody asks why it cannot be read', () => {
    expect(parseJsonOrUndefined('[1]')).toEqual([1])
    for (const text of ['', '{', nested(MAX_JSON_DEPTH + 1)])
      expect(parseJsonOrUndefined(text)).toBeUndefined()
  })

  it('counts levels, not brackets', () => {
    const flat = `[${'[],{},'.repeat(1000)}0]`
    expect(parseJson(flat)).toEqual(JSON.parse(flat))
    const written = JSON.stringify(['[['.repeat(1000), '\\', '"[[', '\\"{{{'.repeat(300), { '[[[': '}' }])
    expect(parseJson(written)).toEqual(JSON.parse(written))
  })

  it('has no more values than are allowed', () => {
    const items = (count: number) => `[${Array(count).fill(0)}]`
    expect(parseJson(items(9), { maxValues: 10 })).toHaveLength(9)
    expect(() => parseJson(items(10), { maxValues: 10 })).toThrow('more than 10 values')
  })

  it('is refused like by JSON.parse where it is none', () => {
    for (const text of ['', '"', '"\\', '[', '{"a"', ']]]]', 'NaN', "{'a':1}"])
      expect(() => parseJson(text)).toThrow(SyntaxError)
  })
})

describe('a frame', () => {
  it.each([
    ['deep', `{"type":"hello","x":${nested(3000)}}`],
    ['wide', `{"type":"hello","x":[${'0,'.repeat(MAX_MESSAGE_VALUES)}0]}`],
  ])('that is too %s is malformed', (_, frame) => {
    expect(readClientMessage(frame)).toMatchObject({
      kind: 'malformed',
      reason: expect.stringContaining('more than'),
    })
  })

  it.each([
    ['NUL', '\0'],
    ['half of a surrogate pair', 'a\ud800'],
  ])('with %s is refused', (what, query) => {
    const id = '0198c7a0-0000-7000-8000-000000000000'
    const frame = JSON.stringify({ type: 'search', id, query })
    expect(readClientMessage(frame)).toMatchObject({
      kind: 'invalid',
      id,
      reason: expect.stringContaining(what),
    })
  })

  it('with a hundred faults is told the first ones', () => {
    const id = '0198c7a0-0000-7000-8000-000000000000'
    const filter = { metadata: { ['x'.repeat(9999)]: 1 } }
    const frame = JSON.stringify({ type: 'ask', id, question: 'a', filter, history: Array(100).fill(1) })
    const read = readClientMessage(frame)
    expect(read).toMatchObject({
      kind: 'invalid',
      reason: expect.stringMatching(/history\.0: .*and \d\d more$/),
    })
    expect(JSON.stringify(read).length).toBeLessThan(2000)
  })
})

describe('what is stored', () => {
  it('is looked through to any depth', () => {
    let value: unknown = 'ok'
    for (let depth = 0; depth < 200_000; depth += 1) value = depth % 2 ? [value] : { a: value }
    expect(isStorable(value)).toBe(true)
    let bad: unknown = '\0'
    for (let depth = 0; depth < 200_000; depth += 1) bad = depth % 2 ? [bad] : { a: bad }
    expect(isStorable(bad)).toBe(false)
  })

  it.each([{ '\0': 1 }, { a: ['b\udc00'] }, { a: [{ b: '\ud83d' }] }])(
    'has whole characters: %j',
    (value) => {
      expect(isStorable(value)).toBe(false)
    },
  )

  it('may hold any whole character', () => {
    expect(isStorable(['👩‍👩‍👧', '\u009b', '\u202e', { '\u0001': null }, 1, true, undefined])).toBe(true)
  })
})

describe('an entry of Redis', () => {
  it('that nests too deeply counts as forgotten', () => {
    const entry = `{"passages":[],"warnings":[],"whole":true,"x":${nested(3000)}}`
    expect(passagesCodec.decode(Buffer.from(entry.replace(nested(3000), '[]')))).toBeDefined()
    expect(passagesCodec.decode(Buffer.from(entry))).toBeUndefined()
  })
})

describe('a catching handler', () => {
  it('hands over what it throws and what its promise is rejected with', async () => {
    const heard: unknown[] = []
    const failure = new Error('no')
    catching(
      (error) => heard.push(error),
      () => {
        throw failure
      },
    )()
    catching(
      (error) => heard.push(error),
      async () => {
        throw failure
      },
    )()
    await Promise.resolve()
    await Promise.resolve()
    expect(heard).toEqual([failure, failure])
  })
})
