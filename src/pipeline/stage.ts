import type { AnswerEvent, StageName } from '../domain/answer.ts'
import type { Principal } from '../domain/principal.ts'
import { inSpan } from '../telemetry/spans.ts'
import type { Ports } from './ports.ts'

export interface StageContext {
  readonly principal: Principal
  readonly ports: Ports
  readonly signal: AbortSignal
  emit(event: AnswerEvent): void
  /** An engine has used so many tokens for this ask. */
  readonly spend: (tokens: number) => void
  /** Before work that others do: what waits for an engine keeps no other ask of the same asker waiting. */
  leaveTurn(): void
  /**
   * For an ask that the cache had no answer to when it was looked up, at `since` (`performance.now()`). True when
   * the same was being answered meanwhile: that has ended, and the cache may know it now. Until then its text is shown.
   */
  inFlight(key: string, since: number): Promise<boolean>
}

/** One step of an answer: takes what the steps before have found and adds its own. */
export interface Stage<In, Out> {
  readonly name: StageName
  run(input: In, context: StageContext): Promise<Out>
}

/** What every stage can count on, and the times of the stages that have run. */
export interface Timed {
  readonly timings: Partial<Record<StageName | 'total', number>>
}

export type Pipeline<In, Out> = (input: In, context: StageContext) => Promise<Out>

/** Runs the stages in the order of the list; reports and times each. */
export function pipeline<
  A extends Timed,
  B extends Timed,
  C extends Timed,
  D extends Timed,
  E extends Timed,
  F extends Timed,
  G,
>(
  stages: readonly [Stage<A, B>, Stage<B, C>, Stage<C, D>, Stage<D, E>, Stage<E, F>, Stage<F, G>],
  /** What the first three stages have ended already. */
  endedBy: (looked: D, context: StageContext) => G | undefined,
): Pipeline<A, G> {
  const [first, second, third, fourth, fifth, sixth] = stages
  return async (input, context) => {
    const rewritten = await timed(first, input, context)
    const embedded = await timed(second, rewritten, context)
    const looked = await timed(third, embedded, context)
    const ended = endedBy(looked, context)
    if (ended !== undefined) return ended
    const retrieved = await timed(fourth, looked, context)
    const generated = await timed(fifth, retrieved, context)
    return timed(sixth, generated, context)
  }
}

async function timed<In extends Timed, Out>(
  stage: Stage<In, Out>,
  input: In,
  context: StageContext,
): Promise<Out> {
  context.signal.throwIfAborted()
  context.emit({ type: 'stage', stage: stage.name, state: 'started' })
  const started = performance.now()
  const output = await inSpan(`stage ${stage.name}`, {}, () => stage.run(input, context))
  const ms = elapsed(started)
  input.timings[stage.name] = ms
  context.emit({ type: 'stage', stage: stage.name, state: 'finished', ms })
  return output
}

/** Milliseconds since a `performance.now()`. */
export const elapsed = (since: number): number => Math.round((performance.now() - since) * 100) / 100
