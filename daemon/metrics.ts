/** What Prometheus scrapes at /metrics. Names and meanings: docs/OPERATIONS.md. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { z } from 'zod'
import type { figuresSchema } from '../src/api/routes/daemon.ts'
import type { AnswerEvent } from '../src/domain/answer.ts'
import type { Job } from '../src/domain/job.ts'
import { LOCAL_PRINCIPAL } from '../src/domain/principal.ts'
import type { Services } from './services.ts'

type Figures = z.input<typeof figuresSchema>

interface Sockets {
  size: () => number
  bufferedBytes: () => number
}

export interface Metrics {
  /** Called with every event of every answer that this daemon runs. */
  answerEvent: (event: AnswerEvent, engine: string) => void
  request: (labels: { method: string; route: string; status: number }, seconds: number) => void
  /** A summary for people. */
  figures: () => Promise<Figures>
  /** Reports the state of these components from now on. */
  watch: (services: Services, sockets: Sockets) => void
  readonly contentType: string
  text: () => Promise<string>
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

export function createMetrics(version: string): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  new Gauge({ name: 'chatbot_info', help: 'Always 1', labelNames: ['version'], registers }).set(
    { version },
    1,
  )
  const stages = new Histogram({
    name: 'chatbot_stage_seconds',
    help: 'Time of each stage of an answer',
    labelNames: ['stage'],
    buckets: SECONDS,
    registers,
  })
  const answerSeconds = new Histogram({
    name: 'chatbot_answer_seconds',
    help: 'Time from the ask to the complete answer',
    labelNames: ['cached'],
    buckets: SECONDS,
    registers,
  })
  const answers = new Counter({
    name: 'chatbot_answers_total',
    help: 'Finished answers: answered, unsure, not_found, or the code of the error',
    labelNames: ['engine', 'outcome'],
    registers,
  })
  const cache = new Counter({
    name: 'chatbot_cache_total',
    help: 'Answers by origin: exact or semantic tier of the cache, or none',
    labelNames: ['tier'],
    registers,
  })
  const tokens = new Counter({
    name: 'chatbot_tokens_total',
    help: 'Tokens that engines read and wrote',
    labelNames: ['engine', 'kind'],
    registers,
  })
  const requests = new Histogram({
    name: 'chatbot_http_request_seconds',
    help: 'Requests of the HTTP API',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  })

  return {
    answerEvent(event, engine) {
      if (event.type === 'stage' && event.ms !== undefined) {
        stages.observe({ stage: event.stage }, event.ms / 1000)
      } else if (event.type === 'error') {
        answers.inc({ engine, outcome: event.error.code })
      } else if (event.type === 'done') {
        const { cached, certainty, timings, usage } = event.answer
        const tier = cached === false ? 'none' : cached.tier
        answers.inc({ engine, outcome: certainty })
        cache.inc({ tier })
        if (timings.total !== undefined) answerSeconds.observe({ cached: tier }, timings.total / 1000)
        if (usage === undefined || cached !== false) return
        tokens.inc({ engine, kind: 'prompt' }, usage.promptTokens)
        tokens.inc({ engine, kind: 'completion' }, usage.completionTokens)
      }
    },
    request({ method, route, status }, seconds) {
      requests.observe({ method, route, status: String(status) }, seconds)
    },
    async figures() {
      const [byStage, whole, used] = await Promise.all([stages.get(), answerSeconds.get(), tokens.get()])
      const engines = Map.groupBy(used.values, ({ labels }) => String(labels.engine))
      const sum = (values: typeof used.values | undefined, kind: string) =>
        values?.find(({ labels }) => labels.kind === kind)?.value ?? 0
      return {
        latency: [
          ...latencies(byStage.values, ({ stage }) => String(stage)),
          ...latencies(whole.values, () => 'answer'),
        ],
        tokens: [...engines].map(([engine, values]) => ({
          engine,
          prompt: sum(values, 'prompt'),
          completion: sum(values, 'completion'),
        })),
      }
    },
    watch({ answers: running, queuedTexts, ports }, sockets) {
      const gauge = (name: string, help: string, value: () => number) =>
        new Gauge({
          name,
          help,
          registers,
          collect() {
            this.set(value())
          },
        })
      gauge('chatbot_sockets', 'Open WebSockets', sockets.size)
      gauge(
        'chatbot_sockets_buffered_bytes',
        'Bytes waiting for WebSocket clients to read them',
        sockets.bufferedBytes,
      )
      gauge('chatbot_answers_in_flight', 'Answers in flight', () => running.inFlight())
      gauge('chatbot_embedding_queue', 'Texts waiting for the embedder', queuedTexts)
      new Gauge({
        name: 'chatbot_database_connections',
        help: 'Connections of the pool, and work waiting for one',
        labelNames: ['state'],
        registers,
        collect() {
          const { idle, busy, waiting } = ports.store.pool()
          this.set({ state: 'idle' }, idle)
          this.set({ state: 'busy' }, busy)
          this.set({ state: 'waiting' }, waiting)
        },
      })
      watchJobs(registers, () => ports.store.jobs.running(LOCAL_PRINCIPAL))
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
  }
}

/** For the whole database, the same on every daemon. Without names: the scraper may not be allowed to see any. */
function watchJobs(registers: Registry[], running: () => Promise<Job[]>): void {
  let looking: Promise<Job[]> | undefined
  /** One query for all gauges of a scrape; none while the database is down, when the other metrics matter most. */
  const look = () => {
    looking ??= running()
      .catch(() => [])
      .finally(() => {
        looking = undefined
      })
    return looking
  }
  const gauge = <L extends string>(
    name: string,
    help: string,
    labelNames: L[],
    add: (gauge: Gauge<L>, job: Job) => void,
  ) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      async collect() {
        const jobs = await look()
        this.reset()
        for (const job of jobs) add(this, job)
      },
    })
  gauge('chatbot_jobs', 'Running jobs', ['kind'], (gauge, { kind }) => gauge.inc({ kind }))
  gauge(
    'chatbot_job_documents',
    'Documents of running jobs',
    ['kind', 'state'],
    (gauge, { kind, ...job }) => {
      const done = job.indexed + job.replaced
      gauge.inc({ kind, state: 'done' }, done)
      gauge.inc({ kind, state: 'failed' }, job.failed)
      gauge.inc({ kind, state: 'left' }, Math.max(0, job.documents - done - job.failed))
    },
  )
  gauge('chatbot_job_chunks', 'Chunks of running jobs', ['kind', 'state'], (gauge, { kind, ...job }) => {
    const done = job.embedded + job.reused
    gauge.inc({ kind, state: 'done' }, done)
    gauge.inc({ kind, state: 'left' }, Math.max(0, job.chunks - done))
  })
}

type Labels = Readonly<Partial<Record<string, string | number>>>

/** From a histogram's samples: those of its buckets have the label `le`. */
function latencies(
  samples: readonly { readonly value: number; readonly labels: Labels }[],
  stageOf: (labels: Labels) => string,
): Figures['latency'] {
  const bounded = samples.map(({ value, labels }) => ({ value, le: labels.le, stage: stageOf(labels) }))
  const byStage = Map.groupBy(
    bounded.filter(({ le }) => le !== undefined),
    ({ stage }) => stage,
  )
  return [...byStage].map(([stage, own]) => {
    // Several series of one stage (cached or not) add up.
    const byBound = new Map<number, number>()
    for (const { le, value } of own) {
      const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le)
      byBound.set(bound, (byBound.get(bound) ?? 0) + value)
    }
    const buckets = [...byBound].toSorted(([a], [b]) => a - b)
    const quantileMs = (share: number) => Math.round(quantile(buckets, share) * 1e4) / 10
    return { stage, count: buckets.at(-1)?.[1] ?? 0, p50Ms: quantileMs(0.5), p95Ms: quantileMs(0.95) }
  })
}

/** Like Prometheus' histogram_quantile: linear within the bucket; the highest bound for values above it. */
function quantile(buckets: readonly (readonly [bound: number, cumulative: number])[], share: number): number {
  const wanted = share * (buckets.at(-1)?.[1] ?? 0)
  let [low, below] = [0, 0]
  for (const [bound, cumulative] of buckets) {
    if (cumulative >= wanted && cumulative > below) {
      return bound === Number.POSITIVE_INFINITY
        ? low
        : low + ((bound - low) * (wanted - below)) / (cumulative - below)
    }
    low = bound
    below = cumulative
  }
  return 0
}
