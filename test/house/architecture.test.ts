/** Every rule of the architecture finds a violation that is planted for it. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { packageRoot } from '../../src/config/package-root.ts'

/** By rule: a file that breaks it, and what it imports. */
const PLANTED: Readonly<Record<string, readonly [file: string, imported: string]>> = {
  'every-folder-has-a-floor': ['src/planted/no-floor.ts', '../domain/errors.ts'],
  'no-circular': ['src/domain/planted-circle.ts', './planted-way-back.ts'],
  'domain-imports-nothing': ['src/domain/planted-zod.ts', 'zod'],
  'models-know-no-product': ['models/planted-config.ts', '../src/config/load.ts'],
  'daemon-is-run-by-its-commands': ['commands/planted-compose.ts', '../daemon/compose.ts'],
  'tui-belongs-to-chat': ['commands/planted-tui.ts', '../src/tui/open.tsx'],
  'only-the-store-speaks-sql': ['src/cache/planted-sql.ts', 'pg'],
  'the-store-is-reached-through-its-ports': ['src/jobs/planted-store.ts', '../store/jobs/jobs.ts'],
  'only-src-redis-speaks-to-redis': ['src/limits/planted-redis.ts', 'ioredis'],
  'no-test-code-in-the-product': ['src/talk/planted-test.ts', '../../test/support/until.ts'],
  'floors:src/domain': ['src/domain/planted-floor.ts', '../protocol/retrieval.ts'],
  'floors:src/text': ['src/text/planted-floor.ts', '../ports/tier.ts'],
  'floors:src/protocol': ['src/protocol/planted-floor.ts', '../config/schema.ts'],
  'floors:src/api': ['src/api/planted-floor.ts', '../ports/tier.ts'],
  'floors:src/config': ['src/config/planted-floor.ts', '../redis/tier.ts'],
  'floors:src/telemetry': ['src/telemetry/planted-floor.ts', '../config/schema.ts'],
  'floors:drizzle': ['drizzle/planted-floor.ts', '../src/store/open.ts'],
  'floors:src/ports': ['src/ports/planted-floor.ts', '../cache/key.ts'],
  'floors:src/store': ['src/store/planted-floor.ts', '../redis/tier.ts'],
  'floors:src/redis': ['src/redis/planted-floor.ts', '../cache/key.ts'],
  'floors:src/fetch': ['src/fetch/planted-floor.ts', '../ingest/read.ts'],
  'floors:models': ['models/planted-floor.ts', '../daemon/log.ts'],
  'floors:src/talk': ['src/talk/planted-floor.ts', '../generate/refusal.ts'],
  'floors:src/retrieval': ['src/retrieval/planted-floor.ts', '../cache/key.ts'],
  'floors:src/generate': ['src/generate/planted-floor.ts', '../retrieval/rank.ts'],
  'floors:src/cache': ['src/cache/planted-floor.ts', '../pipeline/ask.ts'],
  'floors:src/ingest': ['src/ingest/planted-floor.ts', '../jobs/kind.ts'],
  'floors:src/pipeline': ['src/pipeline/planted-floor.ts', '../answers/slots.ts'],
  'floors:src/answers': ['src/answers/planted-floor.ts', '../jobs/kind.ts'],
  'floors:src/jobs': ['src/jobs/planted-floor.ts', '../answers/slots.ts'],
  'floors:src/backup': ['src/backup/planted-floor.ts', '../client/api.ts'],
  'floors:src/auth': ['src/auth/planted-floor.ts', '../limits/limits.ts'],
  'floors:src/limits': ['src/limits/planted-floor.ts', '../auth/identity.ts'],
  'floors:src/client': ['src/client/planted-floor.ts', '../deploy/tool.ts'],
  'floors:src/terminal': ['src/terminal/planted-floor.ts', '../tui/keys.ts'],
  'floors:src/tui': ['src/tui/planted-floor.ts', '../evaluation/metrics.ts'],
  'floors:src/evaluation': ['src/evaluation/planted-floor.ts', '../deploy/tool.ts'],
  'floors:src/deploy': ['src/deploy/planted-floor.ts', '../../commands/ask.ts'],
  'floors:src/doctor': ['src/doctor/planted-floor.ts', '../deploy/tool.ts'],
  'floors:daemon': ['daemon/planted-floor.ts', '../commands/ask.ts'],
}
const CIRCLE_BACK = join(packageRoot(), 'src/domain/planted-way-back.ts')
const planted = [...Object.values(PLANTED).map(([file]) => join(packageRoot(), file)), CIRCLE_BACK]

const reportSchema = z.object({
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })),
  }),
})
let violations: z.output<typeof reportSchema>['summary']['violations'] = []

beforeAll(() => {
  for (const [file, imported] of Object.values(PLANTED)) {
    const path = join(packageRoot(), file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `import * as planted from '${imported}'\nexport const kept = planted\n`)
  }
  writeFileSync(CIRCLE_BACK, "import { kept } from './planted-circle.ts'\nexport const back = kept\n")
  const { stdout } = spawnSync(
    join(packageRoot(), 'node_modules/.bin/depcruise'),
    ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', ...planted],
    { cwd: packageRoot(), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  )
  violations = reportSchema.parse(JSON.parse(stdout)).summary.violations
})
afterAll(() => {
  for (const file of planted) rmSync(file, { force: true })
  rmSync(join(packageRoot(), 'src/planted'), { recursive: true, force: true })
})

test('every rule has its violation here', async () => {
  const { default: rules }: { default: unknown } = await import(
    join(packageRoot(), '.dependency-cruiser.mjs')
  )
  const names = z.object({ forbidden: z.array(z.object({ name: z.string() })) }).parse(rules)
  expect(Object.keys(PLANTED).toSorted()).toEqual(names.forbidden.map(({ name }) => name).toSorted())
})

test.each(Object.entries(PLANTED))('a planted violation of %s is found', (rule, [file]) => {
  expect(violations.filter(({ from }) => from === file).map(({ rule: { name } }) => name)).toContain(rule)
})
