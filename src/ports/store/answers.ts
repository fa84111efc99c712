import type { Answer, AnswerState, Citation, Position } from '../../domain/answer.ts'
import type { SearchedCollection } from '../../domain/document.ts'
import type { ErrorCode } from '../../domain/errors.ts'
import type { Language } from '../../domain/language.ts'
import type { Principal } from '../../domain/principal.ts'
import type { AnswerSource } from './cached-answers.ts'

interface Lease {
  /** The daemon instance that runs the answer. */
  readonly owner: string
  /** Duration from now, by the database's clock, which all daemons share. */
  readonly forMs: number
}

export interface NewAsk {
  readonly id: string
  /** SHA-256 of the canonical body: the same id with another body is `id_reused`. */
  readonly bodyHash: string
  readonly question: string
  /** An existing conversation of the principal; if absent, a new one is created. */
  readonly conversation?: string
  readonly collections: readonly SearchedCollection[]
  readonly language: Language
  readonly generator: string
  readonly lease: Lease
  /** What another daemon needs to take over: JSON, kept while it is unfinished. Absent: nobody can come back for it. */
  readonly request?: unknown
  /** False: an answer whose lease has lapsed is left to its daemon for now. */
  readonly mayTakeOver: boolean
  /** Limit of the principal's answers in flight, including this one. */
  readonly mostInFlight?: number
}

/** The current state of an answer. */
export interface AnswerSight {
  readonly state: AnswerState
  readonly epoch: number
  /** It is running, but its daemon has not renewed the lease. */
  readonly lapsed: boolean
}

/** An answer taken over by the caller, because its daemon is gone. */
export interface TakenAnswer {
  readonly principal: string
  readonly id: string
  readonly conversation: string
  readonly epoch: number
  readonly request: unknown
}

export interface LapsedAnswers {
  readonly taken: readonly TakenAnswer[]
  /** Ids of answers that failed permanently: their daemons crashed or hung twice. */
  readonly givenUp: readonly string[]
}

/** An attempt at an answer. */
export interface Attempt {
  readonly principal: string
  readonly id: string
  readonly epoch: number
}

/** An attempt that holds its lease. */
export interface LeasedAnswer extends Attempt {
  /** Its asker has cancelled it. */
  readonly cancelling: boolean
}

/** New, or taken over after a lost lease or an interruption: then epoch 2 or more. */
export interface Started {
  readonly kind: 'started'
  readonly conversation: string
  readonly epoch: number
}

/** The collections of an ask, as an earlier `readable` returned them for these names. */
export interface Remembered {
  readonly names: readonly string[] | undefined
}

/**
 * Where an answer stands that this daemon has not started. `seq`: number of the event that ended it; 0 if an earlier
 * version did, which stored none.
 */
export type Standing =
  | { readonly kind: 'running'; readonly conversation: string; readonly epoch: number }
  | ({ readonly kind: 'finished'; readonly conversation: string; readonly answer: Answer } & Position)
  | ({
      readonly kind: 'ended'
      readonly conversation: string
      readonly state: Exclude<AnswerState, 'running' | 'complete' | 'interrupted'>
      /** The text until then. */
      readonly text: string
      readonly errorCode: ErrorCode
      readonly errorMessage: string
    } & Position)

/** What `begin` found under the ask's id. */
export type Begun = Started | Standing

/** Nobody works on it: its daemon is gone, or has given it back. */
export interface Abandoned {
  readonly kind: 'abandoned'
  readonly conversation: string
  readonly epoch: number
  /** As it was given to `begin`. */
  readonly request: unknown
}

/** A question's embedding with the fingerprint of its model: only vectors of the same model compare. */
export interface QuestionVector {
  readonly model: string
  readonly vector: Float32Array
}

export interface AnswerRepository {
  /**
   * Writes the durable row of an ask; throws `id_reused`, `unknown_conversation`, and `rate_limited` if the
   * principal is at the limit of answers in flight.
   */
  begin: (principal: Principal, ask: NewAsk) => Promise<Begun>
  /**
   * Like `begin`, for a new ask, if `readable` would still return the same. Otherwise, or if the ask is not simply
   * new, returns undefined and writes nothing: call `readable`, then `begin`.
   */
  beginRemembered: (principal: Principal, ask: NewAsk, remembered: Remembered) => Promise<Started | undefined>
  /**
   * Stores the complete answer, its citations and the messages of both sides, if this epoch still owns the row.
   * Returns false and writes nothing if another attempt has taken over or the ask has ended, or if an answer
   * `from` the cache is no longer valid: it was cleared or is too old, or what the row searched has changed or is
   * gone.
   */
  complete: (
    principal: Principal,
    /** Of its `done`. */
    position: Position,
    answer: Answer,
    questionVector?: QuestionVector,
    from?: { readonly source: AnswerSource; readonly partition: string },
  ) => Promise<boolean>
  /**
   * Ends an ask without a complete answer; keeps the question and the text so far. An interrupted ask may start
   * again. False as in `complete`.
   */
  end: (
    principal: Principal,
    id: string,
    /** Of its `error`. */
    position: Position,
    state: 'failed' | 'cancelled' | 'interrupted',
    error: { code: ErrorCode; message: string },
    text: string,
  ) => Promise<boolean>
  /** Extends the leases of those attempts that this owner still holds, and returns them. */
  renew: (lease: Lease, attempts: readonly Attempt[]) => Promise<LeasedAnswer[]>
  /** Hands the answer over: another daemon may take it at once, and this attempt does not count as lost. */
  release: (principal: Principal, id: string, epoch: number) => Promise<void>
  /**
   * Takes over at most this many running answers with lapsed leases. Cancelled ones end as cancelled; those lost
   * twice fail as `given_up`, because they may be what crashes the daemons.
   */
  takeLapsed: (lease: Lease, most: number) => Promise<LapsedAnswers>
  /**
   * Marks all running answers of other owners as interrupted, or given up as above: for the only daemon on a
   * database.
   */
  interruptOthers: (owner: string) => Promise<{ interrupted: number; givenUp: readonly string[] }>
  /** Asks the daemon that runs it to cancel; false if it is not running. */
  requestCancel: (principal: Principal, id: string) => Promise<boolean>
  /** Undefined if there is no such answer. */
  look: (principal: Principal, id: string) => Promise<AnswerSight | undefined>
  /** The same with what the state holds. Throws `forbidden` if the answer may no longer be read. */
  find: (principal: Principal, id: string) => Promise<Standing | Abandoned | undefined>
  get: (
    principal: Principal,
    id: string,
  ) => Promise<{ state: AnswerState; answer?: Answer; citations: readonly Citation[] }>
}
