/** Where tests stand, and that none is left out in silence. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../../src/config/package-root.ts'
import { codeBlocks } from '../support/code-blocks.ts'

const at = (path: string) => join(packageRoot(), path)
const find = (pattern: string) => globSync(pattern, { cwd: packageRoot() }).toSorted()

test('a unit test stands in the folder of what it tests', () => {
  const strays = find('test/unit/**/*.{ts,tsx}').filter((path) => {
    const room = dirname(path).slice('test/unit/'.length)
    return dirname(path) === 'test/unit' || !['src', '.'].some((floor) => existsSync(at(join(floor, room))))
  })
  expect(strays).toEqual([])
})

test('no test is skipped without a word, and none keeps the others out', () => {
  const silent = /\b(?:test|it|describe)\.(?:skip|todo|only|fails|runIf)\b/
  const found = find('test/**/*.{ts,tsx}').filter((path) => silent.test(readFileSync(at(path), 'utf8')))
  expect(found.filter((path) => path !== 'test/house/tests.test.ts')).toEqual([])
})

test.each(['README.md', ...find('docs/*.md')])('%s: a command that is not run has a reason', (page) => {
  const markdown = readFileSync(at(page), 'utf8')
  const given = markdown.match(/^ *<!-- not run.*$/gm) ?? []
  const read = codeBlocks(markdown).filter(({ notRun }) => notRun !== undefined)
  // A comment that is worded otherwise, or stands elsewhere than right before its block, excuses nothing.
  expect(read).toHaveLength(given.length)
})
