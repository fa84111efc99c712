import { expect, test } from 'vitest'
import { codeParts } from '../../../src/text/code-parts.ts'

const partsOf = (text: string) => codeParts(text).map(({ start, end }) => text.slice(start, end))

test('a short listing is one part', () => {
  expect(partsOf('a = 1\n\nb = 2')).toEqual(['a = 1\n\nb = 2'])
})

test('a long one ends a part at a blank line and before a comment, and shows no fence', () => {
  const settings = Array.from({ length: 12 }, (_, i) => `# What number ${i} does and why\nnumber_${i} = ${i}`)
  const source = `\`\`\`ini\n${settings.slice(0, 6).join('\n')}\n\n${settings.slice(6).join('\n')}\n\`\`\``
  expect(partsOf(source)).toEqual(settings)
})

test('lines that are too long for a part are cut between characters', () => {
  const parts = partsOf(`x${'😀'.repeat(1000)}`)
  expect(parts.join('')).toBe(`x${'😀'.repeat(1000)}`)
  for (const part of parts) expect(part.isWellFormed()).toBe(true)
})
