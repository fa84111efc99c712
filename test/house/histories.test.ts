/** The checker of histories finds what is planted. */
import { expect, test } from 'vitest'
import { type History, type Seen, type StoredAnswer, violationsOf } from '../support/histories/check.ts'
import { random, scheduleOf } from '../support/histories/schedule.ts'

const seen = (type: string, epoch: number, seq: number, text: string, more: Partial<Seen> = {}): Seen => ({
  type,
  epoch,
  seq,
  text,
  body: `${type} ${text}`,
  atMs: 0,
  ...more,
})
const WHOLE = [
  seen('stage', 1, 1, ''),
  seen('delta', 1, 2, 'one'),
  seen('delta', 1, 3, 'one two'),
  seen('done', 1, 4, 'one two'),
]
const ROW: StoredAnswer = {
  id: 'a',
  state: 'complete',
  epoch: 1,
  lastSeq: 4,
  text: 'one two',
  errorCode: null,
  said: ['user', 'assistant'],
}
const history = (events: readonly Seen[], row: Partial<StoredAnswer> = {}, hasEnded = true): History => ({
  clients: [
    { client: 0, ask: 'a', seen: WHOLE, hasEnded: true },
    { client: 1, ask: 'a', seen: events, hasEnded },
  ],
  rows: [{ ...ROW, ...row }],
  cached: [{ source: 'a', state: 'complete', text: 'one two' }],
})

test('a history in which all is well', () => {
  expect(violationsOf(history(WHOLE))).toEqual([])
  expect(violationsOf(history([seen('snapshot', 1, 3, 'one two'), ...WHOLE.slice(3)]))).toEqual([])
})

test.each([
  ['waits for ever', history(WHOLE.slice(0, 2), {}, false)],
  ['a gap', history([WHOLE[0], WHOLE[2], WHOLE[3]].flatMap((event) => event ?? []))],
  ['after the end', history([...WHOLE, seen('delta', 1, 5, 'one two three')])],
  [
    'two events',
    history([...WHOLE.slice(0, 1), seen('delta', 1, 2, 'one', { body: 'other' }), ...WHOLE.slice(2)]),
  ],
  ['two texts', history([...WHOLE.slice(0, 1), seen('delta', 1, 2, 'uno', { body: 'delta one' })])],
  ['but the row says', history(WHOLE, { lastSeq: 5 })],
  ['but the row says', history(WHOLE, { state: 'failed', errorCode: 'engine_failed' })],
  ['is stored', history(WHOLE, { text: 'one' })],
  ['was said as', history(WHOLE, { said: ['user', 'assistant', 'assistant'] })],
  ['the cache holds', { ...history(WHOLE), cached: [{ source: 'a', state: 'failed', text: 'one' }] }],
])('finds what %s', (what, wrong) => {
  expect(violationsOf(wrong).join('\n')).toContain(what)
})

test('a seed decides a schedule', () => {
  const of = (seed: number) => {
    const { clients, faults, generations } = scheduleOf(seed, 3)
    return { clients, faults, written: generations(random(seed)) }
  }
  expect(of(7)).toEqual(of(7))
  expect(of(7)).not.toEqual(of(8))
})
