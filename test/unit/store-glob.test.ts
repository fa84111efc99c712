import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { globToRegex } from '../../src/store/search/glob.ts'

const matches = (glob: string, path: string) => new RegExp(globToRegex(glob), 'su').test(path)

describe('a path pattern', () => {
  it.each([
    ['*.md', 'a.md', true],
    ['*.md', 'docs/a.md', false],
    ['docs/*', 'docs/', true],
    ['docs/**', 'docs/a/b.md', true],
    ['**/a.md', 'a.md', true],
    ['**/a.md', 'x/y/a.md', true],
    ['**/a.md', 'xa.md', false],
    ['a**z', 'a/b/z', true],
    ['?.md', 'я.md', true],
    ['?.md', '/.md', false],
    ['a.md', 'aXmd', false],
    ['(a|b)+[c]{2}^$\\', '(a|b)+[c]{2}^$\\', true],
    ['', '', true],
    ['', 'a', false],
  ])('%j on %j: %s', (glob, path, expected) => {
    expect(matches(glob, path)).toBe(expected)
  })

  it('without wildcards matches itself alone', () => {
    const literal = fc.string({ unit: 'grapheme' }).filter((text) => !/[*?]/.test(text))
    fc.assert(
      fc.property(literal, literal, (glob, path) => {
        expect(matches(glob, path)).toBe(glob === path)
      }),
    )
  })
})
