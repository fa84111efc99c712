import type { z } from 'zod'
import type { Answers } from '../src/answers/answers.ts'
import type { figuresSchema } from '../src/api/routes/daemon.ts'
import type { Authenticator } from '../src/auth/authenticator.ts'
import type { Sessions } from '../src/auth/sessions.ts'
import type { SigningKeys } from '../src/auth/signing-keys.ts'
import type { LoadedConfig } from '../src/config/load.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import type { IndexSpecs } from '../src/ingest/split/index-spec.ts'
import type { JobRunner } from '../src/jobs/runner.ts'
import type { Limits } from '../src/limits/limits.ts'
import type { AnswerCache } from '../src/ports/answer-cache.ts'
import type { DocumentParser } from '../src/ports/parser.ts'
import type { Ports } from '../src/ports/ports.ts'
import type { RedisConnection } from '../src/redis/connection.ts'

/** Everything behind the gate, as the servers use it. */
export interface Services {
  readonly loaded: LoadedConfig
  readonly ports: Ports
  readonly parser: DocumentParser
  readonly answers: Answers
  readonly jobs: JobRunner
  readonly specs: IndexSpecs
  /** Texts that wait for the embedding models, and the models in memory. */
  queuedTexts: () => number
  loadedModels: () => string[]
  /** Also while the configuration turns it off, so that it can be cleared. */
  readonly cache: AnswerCache
  readonly auth: Auth
  readonly limits: Limits
  figures: () => Promise<z.input<typeof figuresSchema>>
  /** Absent where none is configured. */
  readonly redis: RedisConnection | undefined
  /** Ends workers and processes and closes the database, in the right order. */
  close: () => Promise<void>
}

/** Who callers are. */
export interface Auth extends Authenticator {
  readonly sessions: Sessions
  readonly signingKeys: SigningKeys
}

/** Where the daemon is in its life; the servers answer before the services are there. */
export type Phase =
  | { readonly name: 'starting'; readonly awaiting: string }
  | { readonly name: 'ready'; readonly services: Services }
  | { readonly name: 'draining'; readonly services: Services }

/** What the servers share: the phase, and what work is going on. */
export interface Life {
  phase: Phase
  readonly version: string
  readonly startedAt: Date
  /** Called with every sign of work, for the idle stop. */
  touch: () => void
  /** Asks the daemon to drain and stop. */
  stop: (reason: string) => void
  /** Aborts when the grace period is over: what still runs ends now. */
  readonly closing: AbortSignal
  /** TCP address, when it listens on one. */
  listen: string | null
  readonly idleStopMinutes: number | null
  sockets: () => number
}

/** What a request is served with; throws `overloaded` while the daemon starts. */
export function servicesOf({ phase }: Life): Services {
  if (phase.name !== 'starting') return phase.services
  throw new ChatbotError('overloaded', `The daemon is starting: ${phase.awaiting}.`, { retryAfterMs: 500 })
}
