/** Leases against a model: whatever daemons do, in whatever order, one attempt owns an answer. */
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AnswerRepository, NewAsk } from '../../src/ports/store/answers.ts'
import type { TestDatabase } from '../support/database.ts'
import { ANNA, answerOf, askOf } from './store-fixtures.ts'

const LONG_MS = 3_600_000
const OWNERS = ['red', 'green', 'blue'] as const
const MOST_LOST = 2

/** What the row must say. */
interface Model {
  state: 'running' | 'complete' | 'failed' | 'cancelled' | 'interrupted'
  epoch: number
  owner: string
  isLapsed: boolean
  lost: number
}

type Step =
  | { readonly kind: 'renew'; readonly owner: string; readonly epoch: number; readonly lapses: boolean }
  | { readonly kind: 'take'; readonly owner: string }
  | { readonly kind: 'begin'; readonly owner: string; readonly mayTakeOver: boolean }
  | { readonly kind: 'complete' | 'release'; readonly epoch: number }
  | {
      readonly kind: 'end'
      readonly epoch: number
      readonly state: 'failed' | 'cancelled' | 'interrupted'
    }

const owner = fc.constantFrom(...OWNERS)
const epoch = fc.integer({ min: 1, max: 4 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('renew'), owner, epoch, lapses: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('take'), owner }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('begin'), owner, mayTakeOver: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('complete'), epoch }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('release'), epoch }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('end'),
      epoch,
      state: fc.constantFrom('failed', 'cancelled', 'interrupted'),
    }),
  },
)

/** A lapsed attempt is lost, unless it was handed over. */
function lose(model: Model, next: string): void {
  model.lost += model.owner === '' ? 0 : 1
  model.epoch += 1
  if (model.lost >= MOST_LOST) model.state = 'failed'
  else Object.assign(model, { owner: next, isLapsed: false })
}

/** Does a step to the database and to the model, and compares what both say. */
async function apply(answers: AnswerRepository, ask: NewAsk, model: Model, one: Step): Promise<void> {
  const isRunning = model.state === 'running'
  const owns = 'epoch' in one && isRunning && model.epoch === one.epoch
  switch (one.kind) {
    case 'renew': {
      const lease = { owner: one.owner, forMs: one.lapses ? -1000 : LONG_MS }
      const attempt = { principal: ANNA.id, id: ask.id, epoch: one.epoch }
      const renewed = await answers.renew(lease, [attempt])
      const holds = owns && model.owner === one.owner
      expect(renewed).toEqual(holds ? [{ ...attempt, cancelling: false }] : [])
      if (holds) model.isLapsed = one.lapses
      return
    }
    case 'take': {
      const { taken, givenUp } = await answers.takeLapsed({ owner: one.owner, forMs: LONG_MS }, 100)
      const isTaken = isRunning && model.isLapsed
      if (isTaken) lose(model, one.owner)
      expect(taken.filter(({ id }) => id === ask.id).map((each) => each.epoch)).toEqual(
        isTaken && model.state === 'running' ? [model.epoch] : [],
      )
      expect(givenUp.includes(ask.id)).toBe(isTaken && model.state === 'failed')
      return
    }
    case 'begin': {
      const lease = { owner: one.owner, forMs: LONG_MS }
      const begun = await answers.begin(ANNA, { ...ask, lease, mayTakeOver: one.mayTakeOver })
      const restarts = model.state === 'interrupted'
      if (restarts) Object.assign(model, { state: 'running', owner: one.owner, isLapsed: false })
      if (restarts) model.epoch += 1
      const takes = isRunning && model.isLapsed && one.mayTakeOver
      if (takes) lose(model, one.owner)
      const kinds = { running: 'running', complete: 'finished', failed: 'ended', cancelled: 'ended' } as const
      const kind =
        model.state === 'running' && (restarts || takes)
          ? 'started'
          : kinds[model.state === 'interrupted' ? 'running' : model.state]
      expect(begun).toMatchObject({ kind, epoch: model.epoch })
      return
    }
    case 'complete': {
      const answer = answerOf(ask, randomUUID())
      expect(await answers.complete(ANNA, { epoch: one.epoch, seq: 7 }, answer)).toBe(owns)
      if (owns) model.state = 'complete'
      return
    }
    case 'release':
      await answers.release(ANNA, ask.id, one.epoch)
      if (owns) Object.assign(model, { owner: '', isLapsed: true })
      return
    case 'end': {
      const error = { code: 'engine_failed', message: 'It stopped.' } as const
      const place = { epoch: one.epoch, seq: 7 }
      expect(await answers.end(ANNA, ask.id, place, one.state, error, '')).toBe(owns)
      if (owns) model.state = one.state
    }
  }
}

export function leasesSuite(database: () => TestDatabase): void {
  describe('leases', () => {
    it('belong to one attempt, as a model says, whatever daemons do', async () => {
      const { answers } = database().store
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
          const ask = askOf({ lease: { owner: 'red', forMs: LONG_MS } })
          await answers.begin(ANNA, ask)
          const model: Model = { state: 'running', epoch: 1, owner: 'red', isLapsed: false, lost: 0 }
          for (const one of steps) {
            await apply(answers, ask, model, one)
            const sight = await answers.look(ANNA, ask.id)
            expect(sight, JSON.stringify([one, model])).toMatchObject({
              state: model.state,
              epoch: model.epoch,
              ...(model.state === 'running' ? { lapsed: model.isLapsed } : {}),
            })
          }
        }),
        { numRuns: 60 },
      )
    })
  })
}
