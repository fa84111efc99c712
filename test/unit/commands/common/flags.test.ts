import { expect, test } from 'vitest'
import { parseSpan } from '../../../../commands/common/flags.ts'

test('a span on the command line', () => {
  expect(parseSpan('10:25')).toEqual({ start: 10, end: 25 })
  for (const wrong of ['', '10', '10:', 'a:b', '5:4', '-1:2']) expect(parseSpan(wrong)).toBeUndefined()
})
