import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ShownText } from '../../../src/domain/shown-text.ts'

/** What a consumer holds after these events. */
function applied(start: string, events: ReturnType<ShownText['append']>): string {
  return events.reduce(
    (text, event) => (event.type === 'delta' ? text + event.text : text.slice(0, event.keep)),
    start,
  )
}

test('a repeated stream is swallowed and goes on where it stopped', () => {
  const text = new ShownText('The quick')
  expect(text.append('The ')).toEqual([])
  expect(text.append('quick brown')).toEqual([{ type: 'delta', text: ' brown' }])
})

test('a repeated stream that differs cuts the text where they part', () => {
  const text = new ShownText('The quick fox')
  expect(text.append('The slow fox')).toEqual([
    { type: 'restart', keep: 4 },
    { type: 'delta', text: 'slow fox' },
  ])
})

test('a cut never leaves half a surrogate pair', () => {
  const text = new ShownText('a😀')
  expect(text.append('a😁')).toEqual([
    { type: 'restart', keep: 1 },
    { type: 'delta', text: '😁' },
  ])
})

test('a restart in the live stream is passed on at once', () => {
  const text = new ShownText()
  text.append('abcdef')
  expect(text.restart(3)).toEqual([{ type: 'restart', keep: 3 }])
})

test('the stored text has the last word', () => {
  const text = new ShownText('abcdef')
  expect(text.replace('abc')).toEqual([{ type: 'restart', keep: 3 }])
})

test('whatever is repeated, cut or lost, the consumer ends with the stored text', () => {
  const piece = fc.string({ unit: fc.constantFrom('a', 'b', 'я', '😀'), maxLength: 6 })
  const step = fc.oneof(
    piece.map((value) => ({ kind: 'append' as const, value })),
    fc.nat(8).map((value) => ({ kind: 'restart' as const, value })),
    fc.constant({ kind: 'forget' as const }),
  )
  fc.assert(
    fc.property(piece, fc.array(step), piece, (before, steps, stored) => {
      const text = new ShownText(before)
      let shown: string = before
      for (const one of steps) {
        if (one.kind === 'append') shown = applied(shown, text.append(one.value))
        else if (one.kind === 'restart') shown = applied(shown, text.restart(one.value))
        else shown = applied(shown, text.forget())
      }
      expect(applied(shown, text.replace(stored))).toBe(stored)
    }),
  )
})

test('without repetition the consumer gets exactly the stream', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (pieces) => {
      const text = new ShownText()
      const events = pieces.flatMap((piece) => text.append(piece))
      expect(applied('', events)).toBe(pieces.join(''))
      expect(events.every(({ type }) => type === 'delta')).toBe(true)
    }),
  )
})
