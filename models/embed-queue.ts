import type { ChatbotError } from '../src/domain/errors.ts'
import type { Encoding } from './embed-messages.ts'

/** One call of `embed` or `encode`: its texts are dispatched one by one and return in any order. */
export interface EmbedJob {
  readonly urgent: boolean
  readonly prefix: string
  readonly texts: readonly string[]
  /** Whether token vectors are requested too. */
  readonly tokens: boolean
  readonly results: (Encoding | undefined)[]
  /** Index of the next text to dispatch. */
  next: number
  missing: number
  settled: boolean
  readonly resolve: (encodings: Encoding[]) => void
  readonly reject: (error: ChatbotError) => void
}

/** One text on its way through a worker. */
export interface EmbedTask {
  readonly job: EmbedJob
  readonly index: number
  readonly attempt: number
}

/** Waiting work: questions first, then ingest jobs, each in order of arrival. */
export function createEmbedQueue() {
  const retries: EmbedTask[] = []
  const questions: EmbedJob[] = []
  const ingest: EmbedJob[] = []

  const nextOf = (jobs: EmbedJob[]): EmbedTask | undefined => {
    for (let job = jobs[0]; job; job = jobs[0]) {
      if (!job.settled && job.next < job.texts.length) return { job, index: job.next++, attempt: 1 }
      jobs.shift()
    }
    return undefined
  }
  const waiting = (jobs: readonly EmbedJob[]): number =>
    jobs.reduce((sum, job) => sum + (job.settled ? 0 : job.texts.length - job.next), 0)

  return {
    add(job: EmbedJob): void {
      if (job.urgent) questions.push(job)
      else ingest.push(job)
    },
    /** A text whose worker crashed is retried first, once. */
    retry(task: EmbedTask): void {
      retries.push(task)
    },
    takeUrgent(): EmbedTask | undefined {
      return nextOf(questions)
    },
    take(): EmbedTask | undefined {
      for (let task = retries.shift(); task; task = retries.shift()) if (!task.job.settled) return task
      return nextOf(ingest)
    },
    questions: (): number => waiting(questions),
    size: (): number => retries.length + waiting(questions) + waiting(ingest),
    /** Jobs that still have texts to dispatch. */
    jobs: (): EmbedJob[] => [...new Set([...retries.map((task) => task.job), ...questions, ...ingest])],
  }
}
