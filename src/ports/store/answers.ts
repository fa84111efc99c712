import type { Answer, AnswerState, Citation } from '../../domain/answer.ts'
import type { SearchedCollection } from '../../domain/document.ts'
import type { ErrorCode } from '../../domain/errors.ts'
import type { Language } from '../../domain/language.ts'
import type { Principal } from '../../domain/principal.ts'
import type { AnswerSource } from './cached-answers.ts'

interface Lease {
  /** The daemon instance that runs the answer. */
  readonly owner: string
  /** How long from now, by the database's clock, the one that all daemons share. */
  readonly forMs: number
}

export interface NewAsk {
  readonly id: string
  /** SHA-256 of the canonical body: the same id with another body is `id_reused`. */
  readonly bodyHash: string
  readonly question: string
  /** An existing conversation of the principal; without it a new one is made. */
  readonly conversation?: string
  readonly collections: readonly SearchedCollection[]
  readonly language: Language
  readonly generator: string
  readonly lease: Lease
  /** What another daemon needs to answer it: JSON, kept while it runs. */
  readonly request: unknown
  /** Answers that the principal may have in flight, this one among them. */
  readonly mostInFlight?: number
}

/** Where an answer stands now. */
export interface AnswerSight {
  readonly state: AnswerState
  readonly epoch: number
  /** It runs, but its daemon has not renewed its lease. */
  readonly lapsed: boolean
}

/** An answer whose daemon is gone: from now on the caller's. */
export interface TakenAnswer {
  readonly principal: string
  readonly id: string
  readonly conversation: string
  readonly epoch: number
  readonly request: unknown
}

export interface LapsedAnswers {
  readonly taken: readonly TakenAnswer[]
  /** Ids of those that have failed for good: their daemons died or were stuck twice. */
  readonly givenUp: readonly string[]
}

/** An answer that runs under a lease. */
export interface LeasedAnswer {
  readonly principal: string
  readonly id: string
  readonly epoch: number
  /** Its asker has cancelled it. */
  readonly cancelling: boolean
}

/** New, or taken over from a daemon whose lease lapsed for the first time, or that was interrupted: epoch 2 or more. */
export interface Started {
  readonly kind: 'started'
  readonly conversation: string
  readonly epoch: number
}

/** The collections of an ask are those that `readable` gave under these names some time before. */
export interface Remembered {
  readonly names: readonly string[] | undefined
}

/** What `begin` found under the ask's id. */
export type Begun =
  | Started
  | {
      readonly kind: 'running'
      readonly conversation: string
      readonly epoch: number
      readonly owner: string
    }
  | {
      readonly kind: 'finished'
      readonly conversation: string
      readonly epoch: number
      readonly answer: Answer
    }
  | {
      readonly kind: 'ended'
      readonly conversation: string
      readonly epoch: number
      readonly state: Exclude<AnswerState, 'running' | 'complete' | 'interrupted'>
      readonly errorCode: ErrorCode
      readonly errorMessage: string
    }

/** A question's embedding and the fingerprint of the model that made it: only such of one model compare. */
export interface QuestionVector {
  readonly model: string
  readonly vector: Float32Array
}

export interface AnswerRepository {
  /**
   * Writes the durable row of an ask; throws `id_reused`, `unknown_conversation`, and `rate_limited` when the
   * principal has as many answers in flight as it may.
   */
  begin: (principal: Principal, ask: NewAsk) => Promise<Begun>
  /**
   * As `begin`, for a new ask, unless `readable` would give anything else by now. Undefined, and nothing written, when
   * that is so or there is more to the ask: ask `readable`, and then `begin`.
   */
  beginRemembered: (principal: Principal, ask: NewAsk, remembered: Remembered) => Promise<Started | undefined>
  /**
   * Stores the complete answer, its citations and the messages of both sides, if this epoch still owns the row; false
   * when another attempt has taken over or the ask has ended, and then nothing was written. Nor is anything of an
   * answer taken `from` the cache that may no longer be given: it was cleared or is too old, or what the row
   * searched has changed or is gone.
   */
  complete: (
    principal: Principal,
    epoch: number,
    answer: Answer,
    questionVector?: QuestionVector,
    from?: { readonly source: AnswerSource; readonly partition: string },
  ) => Promise<boolean>
  /** Ends an ask without a complete answer; keeps what was asked and generated. An interrupted one may begin anew. False as in `complete`. */
  end: (
    principal: Principal,
    id: string,
    epoch: number,
    state: 'failed' | 'cancelled' | 'interrupted',
    error: { code: ErrorCode; message: string },
    text: string,
  ) => Promise<boolean>
  /** Extends the leases that this owner holds, and gives what it holds. */
  renew: (lease: Lease) => Promise<LeasedAnswer[]>
  /** Hands the answer over: another daemon may take it at once, and this attempt does not count as lost. */
  release: (principal: Principal, id: string, epoch: number) => Promise<void>
  /**
   * Takes over running answers whose lease has lapsed, at most so many. Those that were cancelled end so, and those
   * that were lost twice fail as `given_up`: they may be what ends the daemons.
   */
  takeLapsed: (lease: Lease, most: number) => Promise<LapsedAnswers>
  /** Marks all running answers of others as interrupted, or given up as above: for a daemon that is alone on its database. */
  interruptOthers: (owner: string) => Promise<{ interrupted: number; givenUp: readonly string[] }>
  /** Asks the daemon that runs it to end it; false when it does not run. */
  requestCancel: (principal: Principal, id: string) => Promise<boolean>
  /** Undefined when there is no such answer. */
  look: (principal: Principal, id: string) => Promise<AnswerSight | undefined>
  get: (
    principal: Principal,
    id: string,
  ) => Promise<{ state: AnswerState; answer?: Answer; citations: readonly Citation[] }>
}
