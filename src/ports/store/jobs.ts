import type { ChatbotError } from '../../domain/errors.ts'
import type { Job, JobDocument, JobKind, StagedState } from '../../domain/job.ts'
import type { Principal } from '../../domain/principal.ts'

export interface NewJob {
  readonly kind: JobKind
  /** Its name. */
  readonly collection: string
  /** Input for the kind of job, as JSON. */
  readonly input: unknown
  /** Work starts at once; otherwise with the first document that is staged for it. */
  readonly sealed: boolean
}

/**
 * A daemon's lease on a shard of a job. Methods that take a claim write nothing and return false or undefined if
 * it is lost.
 */
export interface Claim {
  readonly job: string
  readonly shard: number
  readonly epoch: number
  readonly kind: JobKind
  readonly input: unknown
  /** Its id. */
  readonly collection: string
  readonly collectionName: string
}

export interface JobDocumentQuery {
  /** Id of the last document of the previous page. */
  readonly after?: number | undefined
  readonly limit: number
  readonly states?: readonly StagedState[] | undefined
}

/** Methods with an id also accept a unique prefix, and throw `unknown_job`. */
export interface JobRepository {
  /** Throws `unknown_collection`. */
  create: (principal: Principal, job: NewJob) => Promise<Job>
  /** Closes it for uploads. */
  seal: (principal: Principal, id: string) => Promise<Job>
  /** Latest first. */
  list: (principal: Principal, limit: number) => Promise<Job[]>
  /** Running jobs, oldest first; those of all users for an administrator of the installation. */
  running: (principal: Principal) => Promise<Job[]>
  get: (principal: Principal, id: string) => Promise<Job>
  /** In the order of their ids. */
  documents: (principal: Principal, id: string, query: JobDocumentQuery) => Promise<JobDocument[]>
  /** Cancels a running or failed job and drops what it has staged; throws `job_ended`. */
  cancel: (principal: Principal, id: string) => Promise<Job>
  /** Resumes a failed job; throws `job_ended`. */
  retry: (principal: Principal, id: string) => Promise<Job>
  /** Claims the longest overdue shard, if any, for `leaseMs`. */
  take: (leaseMs: number) => Promise<Claim | undefined>
  /** Heartbeat: extends the lease. */
  renew: (claim: Claim, leaseMs: number) => Promise<boolean>
  /** Releases the claim; with `more` to do the shard is due at once, for any daemon. */
  release: (claim: Claim, more: boolean) => Promise<void>
  /**
   * Releases what a killed daemon had claimed. Only for the only daemon of the database; with several, leases
   * lapse.
   */
  recover: () => Promise<void>
  /** Deletes a job that has ended, with what it has staged; keeps a running one. */
  forget: (principal: Principal, id: string) => Promise<void>
  /** Closes runs whose client or daemon is gone before everything was sent or stored, and deletes old jobs. */
  tidy: () => Promise<void>
  /** Records why nothing moves. */
  waiting: (claim: Claim, reason: string) => Promise<boolean>
  /** Fails the job; staged data is kept for `retry`. */
  fail: (claim: Claim, error: ChatbotError) => Promise<boolean>
}
