/** Keeps the leases of the answers that run here, and takes over those whose daemon is gone. */
import { ChatbotError } from '../domain/errors.ts'
import type { AnswerRepository, LeasedAnswer, TakenAnswer } from '../ports/store/answers.ts'
import { keyOf, type Run, TAKEN_OVER } from './run.ts'

export interface LeaseOptions {
  readonly answers: AnswerRepository
  readonly lease: { readonly owner: string; readonly forMs: number }
  /** Whether other daemons work on the same database, which could have unfinished answers. */
  readonly shared: boolean
  running: () => readonly Run[]
  /** How many answers this daemon has room for; none while it drains. */
  room: () => number
  goOn: (answer: TakenAnswer) => Promise<void>
  onError: (error: unknown, id: string) => void
}

export interface Leases {
  /**
   * False after the database was away: then the lease of every answer has lapsed, and their daemons get the time of a
   * lease to renew them.
   */
  mayTakeOver: () => boolean
  stop: () => void
}

/** Heartbeats per lease: a lost daemon is noticed a lease and a heartbeat after its last one. */
const HEARTBEATS = 4

/** Answers taken over at a time, to leave some for the other daemons. */
const MAX_TAKEN = 8

export function keepLeases(options: LeaseOptions): Leases {
  const { answers, lease, onError } = options
  let awayUntil = Number.NEGATIVE_INFINITY
  const mayTakeOver = () => performance.now() - awayUntil >= lease.forMs

  /** Renews leases, and ends attempts that lost theirs. */
  async function renew(): Promise<void> {
    const runs = options.running()
    if (runs.length === 0) return
    const attempts = runs.map(({ principal, id, log }) => ({
      principal: principal.id,
      id,
      epoch: log.epoch,
    }))
    const renewed = await answers.renew(lease, attempts)
    const held = new Map(renewed.map((answer) => [keyOf({ id: answer.principal }, answer.id), answer]))
    for (const run of runs) await checkHeld(run, held.get(keyOf(run.principal, run.id)))
  }

  async function checkHeld({ log, abort, principal, id }: Run, held: LeasedAnswer | undefined) {
    if (held !== undefined) {
      if (held.cancelling) abort.abort(cancelled())
      return
    }
    const sight = await answers.look(principal, id)
    // A complete answer ends by itself in a moment.
    if (sight?.state !== 'complete' || sight.epoch !== log.epoch) abort.abort(TAKEN_OVER)
  }

  async function takeOver(): Promise<void> {
    const room = options.room()
    if (!options.shared || room <= 0 || !mayTakeOver()) return
    const { taken, givenUp } = await answers.takeLapsed(lease, Math.min(room, MAX_TAKEN))
    for (const id of givenUp)
      onError(new Error('given up: daemons crashed or hung twice with this answer'), id)
    for (const answer of taken) await options.goOn(answer)
  }

  async function beat(): Promise<void> {
    const begun = performance.now()
    try {
      await renew()
      await takeOver()
    } catch (error) {
      onError(error, 'lease')
      awayUntil = performance.now()
    }
    // A database that hangs is away, too.
    if (performance.now() - begun > lease.forMs / 2) awayUntil = performance.now()
  }

  let isBeating = false
  const heart = setInterval(() => {
    if (isBeating) return
    isBeating = true
    void beat().finally(() => {
      isBeating = false
    })
  }, lease.forMs / HEARTBEATS)
  heart.unref()

  return { mayTakeOver, stop: () => clearInterval(heart) }
}

export const cancelled = () => new ChatbotError('cancelled', 'The answer was cancelled.')
