import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { packageRoot } from '../../../src/config/package-root.ts'

test('the dashboard asks for metrics that there are, and for all of our own', async () => {
  const read = (path: string) => readFileSync(join(packageRoot(), path), 'utf8')
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const known = new Set(registry.getMetricsAsArray().map(({ name }) => name))
  // Gauges are made when the daemon is up: their names are read from the source.
  const own = [...read('daemon/metrics.ts').matchAll(/'(chatbot_\w+)'/g)].map(([, name = '']) => name)
  for (const name of own) known.add(name)
  const { panels } = z
    .object({
      panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) })),
    })
    .parse(JSON.parse(read('deploy/grafana/chatbot.json')))
  const asked = panels.flatMap(({ targets }) =>
    targets.flatMap(({ expr }) =>
      [...expr.matchAll(/(\w+?)(_bucket|_count)?\{/g)].map(([, name = '']) => name),
    ),
  )
  expect(own.length).toBeGreaterThan(10)
  expect(own.filter((name) => !asked.includes(name))).toEqual([])
  expect(asked.filter((name) => !known.has(name))).toEqual([])
})
