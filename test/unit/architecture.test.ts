import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { packageRoot } from '../../src/config/package-root.ts'

const planted: string[] = []
afterEach(() => {
  for (const file of planted.splice(0)) rmSync(file, { force: true })
})

function violation(file: string, source: string): string {
  const path = join(packageRoot(), file)
  planted.push(path)
  writeFileSync(path, source)
  const { status, stdout } = spawnSync(
    join(packageRoot(), 'node_modules/.bin/depcruise'),
    ['--config', '.dependency-cruiser.mjs', '--output-type', 'err', file],
    { cwd: packageRoot(), encoding: 'utf8' },
  )
  expect(status, stdout).toBeGreaterThan(0)
  return stdout
}

test.each([
  [
    'domain-imports-nothing',
    'src/domain/planted-violation.ts',
    "import { z } from 'zod'\nexport const x = z\n",
  ],
  [
    'src-knows-no-process',
    'src/pipeline/planted-violation.ts',
    "export { runDaemon } from '../../daemon/run.ts'\n",
  ],
  [
    'models-know-only-the-domain',
    'models/planted-violation.ts',
    "export type { Store } from '../src/store/store.ts'\n",
  ],
  [
    'the-store-is-reached-through-its-ports',
    'src/jobs/planted-violation.ts',
    "export { jobRepository } from '../store/jobs.ts'\n",
  ],
  [
    'ports-of-the-store-know-no-implementation',
    'src/store/ports/planted-violation.ts',
    "export type { Database } from '../database.ts'\n",
  ],
  [
    'only-the-store-speaks-sql',
    'src/cache/planted-violation.ts',
    "import pg from 'pg'\nexport const x = pg\n",
  ],
])('a planted violation of %s is found', (rule, file, source) => {
  expect(violation(file, source)).toContain(rule)
})
