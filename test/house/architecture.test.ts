/** Every rule of the architecture finds a violation that is planted for it. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { packageRoot } from '../../src/config/package-root.ts'

/** By rule: a file that breaks it, and what it imports. */
const PLANTED: Readonly<Record<string, readonly [file: string, imported: string]>> = {
  'every-folder-has-a-layer': ['src/planted/no-layer.ts', '../domain/errors.ts'],
  'no-circular': ['src/domain/planted-circle.ts', './planted-way-back.ts'],
  'domain-imports-nothing': ['src/domain/planted-zod.ts', 'zod'],
  'models-know-no-product': ['models/planted-config.ts', '../src/config/load.ts'],
  'daemon-is-run-by-its-commands': ['commands/planted-compose.ts', '../daemon/compose.ts'],
  'tui-belongs-to-chat': ['commands/planted-tui.ts', '../src/tui/open.tsx'],
  'only-the-store-speaks-sql': ['src/cache/planted-sql.ts', 'pg'],
  'the-store-is-reached-through-its-ports': ['src/jobs/planted-store.ts', '../store/jobs/jobs.ts'],
  'only-src-redis-speaks-to-redis': ['src/limits/planted-redis.ts', 'ioredis'],
  'no-test-code-in-the-product': ['src/talk/planted-test.ts', '../../test/support/until.ts'],
  'layers:src/domain': ['src/domain/planted-layer.ts', '../protocol/retrieval.ts'],
  'layers:src/text': ['src/text/planted-layer.ts', '../ports/tier.ts'],
  'layers:src/protocol': ['src/protocol/planted-layer.ts', '../config/schema.ts'],
  'layers:src/api': ['src/api/planted-layer.ts', '../ports/tier.ts'],
  'layers:src/config': ['src/config/planted-layer.ts', '../redis/tier.ts'],
  'layers:src/telemetry': ['src/telemetry/planted-layer.ts', '../config/schema.ts'],
  'layers:drizzle': ['drizzle/planted-layer.ts', '../src/store/open.ts'],
  'layers:src/ports': ['src/ports/planted-layer.ts', '../cache/key.ts'],
  'layers:src/store': ['src/store/planted-layer.ts', '../redis/tier.ts'],
  'layers:src/redis': ['src/redis/planted-layer.ts', '../cache/key.ts'],
  'layers:src/fetch': ['src/fetch/planted-layer.ts', '../ingest/read.ts'],
  'layers:models': ['models/planted-layer.ts', '../daemon/log.ts'],
  'layers:src/talk': ['src/talk/planted-layer.ts', '../generate/refusal.ts'],
  'layers:src/catalogue': ['src/catalogue/planted-layer.ts', '../generate/refusal.ts'],
  'layers:src/retrieval': ['src/retrieval/planted-layer.ts', '../cache/key.ts'],
  'layers:src/generate': ['src/generate/planted-layer.ts', '../retrieval/rank.ts'],
  'layers:src/cache': ['src/cache/planted-layer.ts', '../pipeline/ask.ts'],
  'layers:src/ingest': ['src/ingest/planted-layer.ts', '../jobs/kind.ts'],
  'layers:src/pipeline': ['src/pipeline/planted-layer.ts', '../answers/slots.ts'],
  'layers:src/answers': ['src/answers/planted-layer.ts', '../jobs/kind.ts'],
  'layers:src/jobs': ['src/jobs/planted-layer.ts', '../answers/slots.ts'],
  'layers:src/backup': ['src/backup/planted-layer.ts', '../client/api.ts'],
  'layers:src/auth': ['src/auth/planted-layer.ts', '../limits/limits.ts'],
  'layers:src/limits': ['src/limits/planted-layer.ts', '../auth/identity.ts'],
  'layers:src/client': ['src/client/planted-layer.ts', '../deploy/tool.ts'],
  'layers:src/terminal': ['src/terminal/planted-layer.ts', '../tui/keys.ts'],
  'layers:src/mcp': ['src/mcp/planted-layer.ts', '../terminal/time.ts'],
  'layers:src/tui': ['src/tui/planted-layer.ts', '../evaluation/metrics.ts'],
  'layers:src/evaluation': ['src/evaluation/planted-layer.ts', '../deploy/tool.ts'],
  'layers:src/deploy': ['src/deploy/planted-layer.ts', '../../commands/ask.ts'],
  'layers:src/doctor': ['src/doctor/planted-layer.ts', '../deploy/tool.ts'],
  'layers:daemon': ['daemon/planted-layer.ts', '../commands/ask.ts'],
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
