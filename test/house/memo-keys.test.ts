/** What is kept beyond a call is listed in docs/SECURITY.md, so that somebody has thought about whose it is. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { packageRoot } from '../../src/config/package-root.ts'

const KEEPS = /from 'lru-cache'|new WeakMap|^const \w+ = new (?:Map|Set)<.*>\(\)$|memoised|\bkept = new Map/m

it('everything that keeps values by key stands in the list of memo keys', () => {
  const root = packageRoot()
  const page = readFileSync(join(root, 'docs', 'SECURITY.md'), 'utf8')
  const list = page.slice(page.indexOf('## What is kept and shared: memo keys')).split('\n## ')[0] ?? ''
  const files = globSync('{src,daemon,models}/**/*.ts', { cwd: root })
  const keeping = files.filter((file) => KEEPS.test(readFileSync(join(root, file), 'utf8')))
  expect(keeping.length).toBeGreaterThan(10)
  const plain = ['src/cache/memory.ts', 'src/telemetry/tracing.ts']
  expect(keeping.filter((file) => !plain.includes(file) && !list.includes(`\`${file}\``))).toEqual([])
  const named = [...list.matchAll(/`((?:src|daemon|models)\/[^`]+\.ts)`/g)].map(([, file]) => file)
  expect(named.filter((file) => file !== undefined && !files.includes(file))).toEqual([])
})
