import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { globTokens } from '../../../../src/domain/glob.ts'
import { globsToRegex } from '../../../../src/store/search/glob.ts'

const matches = (glob: string, path: string) => new RegExp(globsToRegex([glob]), 'su').test(path)

/** Each wildcard by itself, as it is written. */
function literally(glob: string): RegExp {
  const body = glob.replace(/\*\*\/|\*\*|[*?\\^$.|+()[\]{}]/g, (token) => {
    if (token === '**/') return '(.*/)?'
    if (token === '**') return '.*'
    if (token === '*') return '[^/]*'
    if (token === '?') return '[^/]'
    return `\\${token}`
  })
  return new RegExp(`^${body}$`, 'su')
}

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

  it('means in its shortest form what it means as it is written', () => {
    const glob = fc.array(fc.constantFrom('*', '**', '**/', '?', '/', 'a', 'b'), { maxLength: 8 })
    const path = fc.array(fc.constantFrom('/', 'a', 'b'), { maxLength: 8 })
    fc.assert(
      fc.property(glob, path, (parts, letters) => {
        const [pattern, uri] = [parts.join(''), letters.join('')]
        expect(matches(pattern, uri)).toBe(literally(pattern).test(uri))
      }),
      { numRuns: 5000 },
    )
  })

  it.each([
    ['**/'.repeat(300), ['**/']],
    ['*'.repeat(300), ['**']],
    ['*?'.repeat(3), ['?', '?', '?', '*']],
    [`${'**/'.repeat(9)}**`, ['**']],
    ['a**/b', [{ text: 'a' }, '**/', { text: 'b' }]],
  ])('%j is short', (glob, tokens) => {
    expect(globTokens(glob)).toEqual(tokens)
  })

  it('among several is one alternative', () => {
    const regex = new RegExp(globsToRegex(['a|b', '*.md']), 'su')
    expect(['a|b', 'x.md', 'a', 'b', 'x.md/y'].map((path) => regex.test(path))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  })
})
