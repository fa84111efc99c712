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

/** Everything behind the gate, as used by the servers. */
export interface Services {
  readonly loaded: LoadedConfig
  readonly ports: Ports
  readonly parser: DocumentParser
  readonly answers: Answers
  readonly jobs: JobRunner
  readonly specs: IndexSpecs
  /** Texts waiting for the embedding models, and the loaded models. */
  queuedTexts: () => number
  loadedModels: () => string[]
  /** Present even if it is turned off in the configuration, so that it can be cleared. */
  readonly cache: AnswerCache
  readonly auth: Auth
  readonly limits: Limits
  figures: () => Promise<z.input<typeof figuresSchema>>
  /** Absent if none is configured. */
  readonly redis: RedisConnection | undefined
  /** Ends workers and processes and closes the database, in the right order. */
  close: () => Promise<void>
}

/** Identifies callers. */
export interface Auth extends Authenticator {
  readonly sessions: Sessions
  readonly signingKeys: SigningKeys
}

/** The daemon's phase; the servers respond before the services are ready. */
export type Phase =
  | { readonly name: 'starting'; readonly awaiting: string }
  | { readonly name: 'ready'; readonly services: Services }
  | { readonly name: 'draining'; readonly services: Services }

/** State shared by the servers: the phase and current work. */
export interface Life {
  phase: Phase
  readonly version: string
  readonly startedAt: Date
  /** Called on any activity, for the idle stop. */
  touch: () => void
  /** Requests the daemon to drain and stop. */
  stop: (reason: string) => void
  /** Aborts when the grace period is over: running work ends now. */
  readonly closing: AbortSignal
  /** TCP address, if it listens on one. */
  listen: string | null
  readonly idleStopMinutes: number | null
  sockets: () => number
}

/** The services for a request; throws `overloaded` while the daemon starts. */
export function servicesOf({ phase }: Life): Services {
  if (phase.name !== 'starting') return phase.services
  throw new ChatbotError('overloaded', `The daemon is starting: ${phase.awaiting}.`, { retryAfterMs: 500 })
}
