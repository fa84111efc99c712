/** Metrics and traces of a real daemon, the traces at a collector that takes OTLP over HTTP. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { connect } from '../../src/client/socket/connect.ts'
import { version } from '../../src/config/version.ts'
import { provideTraceparent } from '../../src/domain/traceparent.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'

const spanSchema = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  attributes: z.array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) })),
})
const exportSchema = z.object({
  resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })) })),
})
type Span = z.output<typeof spanSchema>

const QUESTION = 'Who keeps the keys of the tower?'
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const CALLER = 'b7ad6b7169203331'

const received: Span[] = []
let bodies = ''
let collector: Server
let daemon: TestDaemon
beforeAll(async () => {
  collector = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += String(piece)
    bodies += body
    for (const { scopeSpans } of exportSchema.parse(JSON.parse(body)).resourceSpans) {
      received.push(...scopeSpans.flatMap(({ spans }) => spans))
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  const address: AddressInfo | string | null = collector.address()
  if (address === null || typeof address === 'string') throw new Error('the collector has no port')
  daemon = await startTestDaemon({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${address.port}`,
      OTEL_BSP_SCHEDULE_DELAY: '100',
    },
  })
  const client = await connect(daemon.local, { version })
  provideTraceparent(() => `00-${TRACE}-${CALLER}-01`)
  for await (const event of client.ask({ question: QUESTION })) if (event.type === 'error') throw event.error
  provideTraceparent(() => undefined)
  await client.close()
})
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]()
  collector?.close()
})

describe('metrics', () => {
  const scrape = (token?: string) =>
    fetch(`http://${daemon.host}/metrics`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    })

  test('need a token unless they are opened', async () => {
    expect((await scrape()).status).toBe(401)
  })

  test('count answers, stages, the cache and what is open', async () => {
    const response = await scrape(daemon.token)
    expect(response.headers.get('content-type')).toContain('text/plain')
    const text = await response.text()
    expect(text).toMatch(/^chatbot_answers_total\{engine="extractive[^"]*",outcome="not_found"\} 1$/m)
    expect(text).toMatch(/^chatbot_cache_total\{tier="none"\} 1$/m)
    expect(text).toMatch(/^chatbot_stage_seconds_count\{stage="retrieve"\} 1$/m)
    expect(text).toMatch(/^chatbot_database_connections\{state="waiting"\} 0$/m)
    expect(text).toMatch(/^chatbot_answers_in_flight 0$/m)
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m)
    expect(text).not.toContain('tower')
  })

  test('show how far jobs are, without a name; `status` shows a person the same', async () => {
    const { id } = await daemon.api.call('createJob', { params: { name: 'default' } })
    const [text, status] = await Promise.all([
      scrape(daemon.token).then((response) => response.text()),
      daemon.api.call('status', {}),
    ])
    expect(text).toMatch(/^chatbot_jobs\{kind="ingest"\} 1$/m)
    expect(text).toMatch(/^chatbot_job_documents\{kind="ingest",state="left"\} 0$/m)
    expect(text).toMatch(/^chatbot_job_chunks\{kind="ingest",state="done"\} 0$/m)
    expect(status.jobs).toMatchObject([{ id, collection: 'default', state: 'running', sealed: false }])
    expect(status.latency.map(({ stage, count }) => [stage, count])).toEqual(
      expect.arrayContaining([
        ['retrieve', 1],
        ['answer', 1],
      ]),
    )
    expect(status.cache).toMatchObject({ hits: 0, exact: 0, semantic: 0, misses: 1 })
    expect(status.pool).toMatchObject({ waiting: 0 })
    await daemon.api.call('cancelJob', { params: { id } })
    expect((await daemon.api.call('status', {})).jobs).toEqual([])
  })
})

describe('traces', () => {
  const named = (name: string) => received.find((span) => span.name === name && span.traceId === TRACE)

  test('an answer is in the trace of who asked, with its stages and the database below it', async () => {
    await expect.poll(() => named('answer'), { timeout: 15_000 }).toBeDefined()
    const answer = named('answer')
    expect(answer?.parentSpanId).toBe(CALLER)
    for (const stage of ['embed', 'retrieve', 'generate', 'storing']) {
      expect(named(`stage ${stage}`)?.parentSpanId).toBe(answer?.spanId)
    }
    const storing = named('stage storing')
    expect(
      received.some((span) => span.name.startsWith('database') && span.parentSpanId === storing?.spanId),
    ).toBe(true)
    expect(named('stage generate')?.attributes).toContainEqual({
      key: 'gen_ai.operation.name',
      value: { stringValue: 'chat' },
    })
  })

  test('hold no word of the question', () => {
    expect(bodies).not.toContain('tower')
  })

  test('a request has its id, and one that continues a trace is in it', async () => {
    const response = await fetch(`http://${daemon.host}/api/v1/status`, {
      headers: { authorization: `Bearer ${daemon.token}`, traceparent: `00-${TRACE}-${CALLER}-01` },
    })
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    await expect
      .poll(() => named('GET /api/v1/status'), { timeout: 15_000 })
      .toMatchObject({ parentSpanId: CALLER })
  })
})
