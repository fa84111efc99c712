import type { AnswerEvent, StageName } from '../domain/answer.ts'
import type { Principal } from '../domain/principal.ts'
import type { Ports } from '../ports/ports.ts'
import { inSpan } from '../telemetry/spans.ts'
import type { Ask } from './ask.ts'

/** Context shared by all steps of an answer. */
export interface StepContext {
  readonly principal: Principal
  readonly ports: Ports
  readonly signal: AbortSignal
  readonly emit: (event: AnswerEvent) => void
  /** How many events `showText` would emit. */
  readonly eventsUntil: (text: string) => number
  /** Completes or corrects the text that the asker has seen. */
  readonly showText: (text: string) => void
  /** Number of the event that is emitted next. */
  readonly nextSeq: () => number
  /** Reports tokens that an engine has used for this ask. */
  readonly spend: (tokens: number) => void
  /** Frees the asker's slot early: while this ask waits for an engine, the asker's other asks need not wait. */
  readonly freeSlot: () => void
  /**
   * Joins the single flight of an ask whose cache lookup at `since` (`performance.now()`) missed. Resolves to true if
   * the same question was being answered and is done, so the cache is worth another look; meanwhile it shows that text.
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
