import { expect, test } from 'vitest'
import { estimatedPromptTokens, estimatedTokens } from '../../../../src/generate/engines/token-estimate.ts'

test.each([
  ['words', 'four char words here', 5],
  ['accents', 'été là', 1.5],
  ['Russian', 'башня', 2.5],
  ['Chinese', '天空为什么是蓝色的', 9],
  ['digits and signs', '12:30', 5],
  ['nothing', '', 0],
])('%s', (_kind, text, tokens) => {
  expect(estimatedTokens(text)).toBe(tokens)
})

test('each message has marks around it', () => {
  expect(estimatedPromptTokens([{ content: 'word' }, { content: 'слово' }])).toBe(1 + 2.5 + 16 + 0.5)
})
