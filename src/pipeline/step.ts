import type { AnswerEvent, StageName } from '../domain/answer.ts'
import type { Principal } from '../domain/principal.ts'
import type { Ports } from '../ports/ports.ts'
import { inSpan } from '../telemetry/spans.ts'
import type { Ask } from './ask.ts'

/** What every step of an answer works with. */
export interface StepContext {
  readonly principal: Principal
  readonly ports: Ports
  readonly signal: AbortSignal
  readonly emit: (event: AnswerEvent) => void
  /** An engine has used so many tokens for this ask. */
  readonly spend: (tokens: number) => void
  /** Before work that others do: what waits for an engine keeps no other ask of the same asker waiting. */
  readonly freeSlot: () => void
  /**
   * For an ask that the cache had no answer to when it was looked up, at `since` (`performance.now()`). True when
   * the same was being answered meanwhile: that has ended, and the cache may know it now. Until then its text is shown.
   */
  readonly inFlight: (key: string, since: number) => Promise<boolean>
}

/** Runs one step: reports it to the asker, times it, and traces it as a span. */
export async function timed<In extends Ask, Out>(
  name: StageName,
  step: (input: In, context: StepContext) => Promise<Out>,
  input: In,
  context: StepContext,
): Promise<Out> {
  context.signal.throwIfAborted()
  context.emit({ type: 'stage', stage: name, state: 'started' })
  const started = performance.now()
  const output = await inSpan(`stage ${name}`, {}, () => step(input, context))
  const ms = elapsed(started)
  input.timings[name] = ms
  context.emit({ type: 'stage', stage: name, state: 'finished', ms })
  return output
}

/** Milliseconds since a `performance.now()`. */
export const elapsed = (since: number): number => Math.round((performance.now() - since) * 100) / 100
