import { expect, test } from 'vitest'
import { createMetrics } from '../../../daemon/metrics.ts'

test('figures are read from the histograms: medians within a bucket, and what is above the highest as that', async () => {
  const metrics = createMetrics('test')
  expect(await metrics.figures()).toEqual({ latency: [], tokens: [] })
  const took = (ms: number) =>
    metrics.answerEvent({ type: 'stage', stage: 'retrieve', state: 'finished', ms }, 'fake')
  for (let index = 0; index < 90; index += 1) took(20)
  for (let index = 0; index < 10; index += 1) took(100_000)
  metrics.answerEvent({ type: 'stage', stage: 'embed', state: 'started' }, 'fake')
  expect((await metrics.figures()).latency).toEqual([
    // Half of 100 is 50 of the 90 between 10 and 25 ms.
    { stage: 'retrieve', count: 100, p50Ms: 18.3, p95Ms: 60_000 },
  ])
})
