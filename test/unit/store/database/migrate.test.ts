import { execFileSync } from 'node:child_process'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { expect, it } from 'vitest'
import { packageRoot } from '../../../../src/config/package-root.ts'

it('the migrations make the schema: drizzle-kit has nothing to add', async () => {
  const root = packageRoot()
  const out = await mkdtemp(join(tmpdir(), 'chatbot-migrations-'))
  await cp(join(root, 'drizzle', 'migrations'), out, { recursive: true })
  const before = await readdir(out, { recursive: true })
  const options = ['--dialect=postgresql', '--schema=drizzle/schema.ts', `--out=${relative(root, out)}`]
  const printed = execFileSync('npx', ['drizzle-kit', 'generate', ...options], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  expect(printed).toContain('No schema changes')
  expect(await readdir(out, { recursive: true })).toEqual(before)
  await rm(out, { recursive: true })
})
