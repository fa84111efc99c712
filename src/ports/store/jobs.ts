import type { ChatbotError } from '../../domain/errors.ts'
import type { Job, JobDocument, JobKind, StagedState } from '../../domain/job.ts'
import type { Principal } from '../../domain/principal.ts'

export interface NewJob {
  readonly kind: JobKind
  /** Its name. */
  readonly collection: string
  /** What the kind needs to know, as JSON. */
  readonly input: unknown
  /** Work begins at once; otherwise with the first document that is staged for it. */
  readonly sealed: boolean
}

/**
 * A daemon's right to work on a shard of a job, until another one takes it. Methods that take one write nothing and
 * return false or undefined when the claim is lost.
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
  /** Id of the last document of the page before. */
  readonly after?: number | undefined
  readonly limit: number
  readonly states?: readonly StagedState[] | undefined
}

/** Methods with an id take a unique prefix of it, too, and throw `unknown_job`. */
export interface JobRepository {
  /** Throws `unknown_collection`. */
  create: (principal: Principal, job: NewJob) => Promise<Job>
  /** Nothing will be added any more. */
  seal: (principal: Principal, id: string) => Promise<Job>
  /** Latest first. */
  list: (principal: Principal, limit: number) => Promise<Job[]>
  /** That run, oldest first; everybody's for an administrator of the installation. */
  running: (principal: Principal) => Promise<Job[]>
  get: (principal: Principal, id: string) => Promise<Job>
  /** In the order of their ids. */
  documents: (principal: Principal, id: string, query: JobDocumentQuery) => Promise<JobDocument[]>
  /** Ends a running or failed job and frees what it has staged; throws `job_ended`. */
  cancel: (principal: Principal, id: string) => Promise<Job>
  /** Lets a failed job go on from where it was; throws `job_ended`. */
  retry: (principal: Principal, id: string) => Promise<Job>
  /** The shard that is due longest, if one is: nobody else gets it for `leaseMs`. */
  take: (leaseMs: number) => Promise<Claim | undefined>
  /** The daemon still works on it. */
  renew: (claim: Claim, leaseMs: number) => Promise<boolean>
  /** Ends a turn; with `more` to do the shard is due at once, for whoever takes it. */
  release: (claim: Claim, more: boolean) => Promise<void>
  /** Makes what a killed daemon had taken due. Only for the only daemon of the database: others' leases lapse. */
  recover: () => Promise<void>
  /** Forgets a job that has ended, with what it has staged; one that runs stays. */
  forget: (principal: Principal, id: string) => Promise<void>
  /** Ends runs whose client or daemon is gone without having sent or stored everything, and forgets old jobs. */
  tidy: () => Promise<void>
  /** Says why nothing moves. */
  waiting: (claim: Claim, reason: string) => Promise<boolean>
  /** Ends the job; what it has staged is kept for `retry`. */
  fail: (claim: Claim, error: ChatbotError) => Promise<boolean>
}
