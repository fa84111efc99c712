/** What Prometheus scrapes at /metrics. Names and meanings: docs/OPERATIONS.md. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { AnswerEvent } from '../src/domain/answer.ts'
import type { Services } from './services.ts'

export interface Metrics {
  /** Every event of every answer that this daemon runs. */
  answerEvent(event: AnswerEvent, engine: string): void
  request(labels: { method: string; route: string; status: number }, seconds: number): void
  /** From now on the state of these parts is shown. */
  watch(services: Services, sockets: () => number): void
  readonly contentType: string
  text(): Promise<string>
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
    help: 'Answers that ended: answered, refused, or the code of the error',
    labelNames: ['engine', 'outcome'],
    registers,
  })
  const cache = new Counter({
    name: 'chatbot_cache_total',
    help: 'Answers by where they came from: exact or semantic tier, or none',
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
        const { cached, refused, timings, usage } = event.answer
        const tier = cached === false ? 'none' : cached.tier
        answers.inc({ engine, outcome: refused ? 'refused' : 'answered' })
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
      gauge('chatbot_sockets', 'Open WebSockets', sockets)
      gauge('chatbot_answers_in_flight', 'Answers that are being worked on', () => running.inFlight())
      gauge('chatbot_embedding_queue', 'Texts that wait for the embedder', queuedTexts)
      new Gauge({
        name: 'chatbot_database_connections',
        help: 'Connections of the pool, and work that waits for one',
        labelNames: ['state'],
        registers,
        collect() {
          const { idle, busy, waiting } = ports.store.pool()
          this.set({ state: 'idle' }, idle)
          this.set({ state: 'busy' }, busy)
          this.set({ state: 'waiting' }, waiting)
        },
      })
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
  }
}
