import { expect, test } from 'vitest'
import { displayUri } from '../../../src/terminal/place.ts'

test('a path is shown as its reader would type it', () => {
  expect(displayUri('/home/me/docs/a.md', '/home/me')).toBe('docs/a.md')
  expect(displayUri('/home/me/docs/a.md', '/home/me/other')).toBe('/home/me/docs/a.md')
  expect(displayUri('/home/me/..hidden/a.md', '/home/me')).toBe('..hidden/a.md')
  expect(displayUri('handbook/a.md', '/home/me')).toBe('handbook/a.md')
})
