import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batches } from '../../../../src/store/database/batches.ts'
import { splitText } from '../../../../src/store/documents/text-parts.ts'

describe('statement batches', () => {
  it('hold all rows in order, few enough and small enough for a statement', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 600_000 }), { maxLength: 1200 }), (sizes) => {
        const groups = [...batches(sizes, (size) => size)]
        expect(groups.flat()).toEqual(sizes)
        for (const group of groups) {
          expect(group.length).toBeGreaterThan(0)
          expect(group.length).toBeLessThanOrEqual(250)
          const bytes = group.reduce((sum, size) => sum + size, 0)
          expect(group.length === 1 || bytes <= 1_000_000).toBe(true)
        }
      }),
    )
  })
})

describe('text parts', () => {
  it.each([
    ['', 1],
    ['short', 1],
    ['a'.repeat(1_000_000), 1],
    ['a'.repeat(1_000_001), 2],
    [`${'a'.repeat(999_999)}🙂b`, 2],
    ['🙂'.repeat(1_500_000), 3],
  ])('are the text, in pieces of which none breaks a character (%#)', (text, count) => {
    const parts = splitText(text)
    expect(parts).toHaveLength(count)
    expect(parts.join('') === text).toBe(true)
    for (const part of parts) {
      expect(part.isWellFormed()).toBe(true)
      expect(Buffer.byteLength(part)).toBeLessThan(4_000_000)
    }
  })
})
