import { expect, test } from 'vitest'
import { createMetrics } from '../../../daemon/metrics.ts'
import { CERTAINTIES } from '../../../src/domain/certainty.ts'
import { answerOf, askOf } from '../../conformance/store-fixtures.ts'

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

test('answers are counted by how certain they are', async () => {
  const metrics = createMetrics('test')
  for (const certainty of CERTAINTIES)
    metrics.answerEvent({ type: 'done', answer: answerOf(askOf(), 'c', { certainty }) }, 'fake')
  const text = await metrics.text()
  for (const outcome of ['answered', 'unsure', 'not_found'])
    expect(text).toContain(`chatbot_answers_total{engine="fake",outcome="${outcome}"} 1`)
  expect(text).not.toContain('refused')
})
