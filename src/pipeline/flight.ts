/** One flight per question: who asks what is being answered sees that answer grow, and takes it from the cache. */
import { type Answer, type AnswerEvent, grownText } from '../domain/answer.ts'
import type { Ask } from './ask.ts'
import { placeOf } from './cache.ts'
import type { Pipeline, StageContext } from './stage.ts'

/** How a flight ended. `left`: its asker did not wait for the end, so that another must lead. */
type Landing = 'answered' | 'left' | 'failed'

interface Flight {
  readonly text: () => string
  readonly followers: Set<(event: AnswerEvent) => void>
  readonly landed: Promise<Landing>
}

/** Of asks with one cache key, the first runs and the others follow it. A follower outlives its leader. */
export function oneFlight(run: Pipeline<Ask, Answer>): Pipeline<Ask, Answer> {
  const flights = new Map<string, Flight>()

  async function lead(key: string, ask: Ask, context: StageContext): Promise<Answer> {
    const followers: Flight['followers'] = new Set()
    const { promise: landed, resolve: land } = Promise.withResolvers<Landing>()
    let text = ''
    const flight: Flight = { text: () => text, followers, landed }
    flights.set(key, flight)
    const emit = (event: AnswerEvent) => {
      text = grownText(text, event)
      context.emit(event)
      for (const follow of followers) follow(event)
    }
    const settle = (landing: Landing) => {
      flights.delete(key)
      land(landing)
    }
    try {
      const answer = await run(ask, { ...context, emit })
      settle('answered')
      return answer
    } catch (error) {
      settle(context.signal.aborted ? 'left' : 'failed')
      throw error
    }
  }

  return async (ask, context) => {
    const key = placeOf(ask, context.ports)?.key
    if (key === undefined) return run(ask, context)
    const shown = new ShownText(context)
    for (;;) {
      context.signal.throwIfAborted()
      const flight = flights.get(key)
      if (flight === undefined) return lead(key, ask, { ...context, emit: shown.emit })
      shown.forget()
      const landing = await follow(flight, context.signal, shown)
      // What was not kept, or what failed, is not waited for once more: each of the followers runs for itself.
      if (landing !== 'left') return run(ask, { ...context, emit: shown.emit })
    }
  }
}

async function follow(flight: Flight, signal: AbortSignal, shown: ShownText): Promise<Landing> {
  const onEvent = (event: AnswerEvent) => {
    if (event.type === 'delta' || event.type === 'restart' || event.type === 'context') shown.preview(event)
  }
  if (flight.text() !== '') shown.preview({ type: 'delta', text: flight.text() })
  flight.followers.add(onEvent)
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([flight.landed, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
    flight.followers.delete(onEvent)
  }
}

/** What the asker has seen of another's answer; the own one goes on from there or starts anew. */
class ShownText {
  readonly #emit: StageContext['emit']
  #preview = ''

  constructor(context: StageContext) {
    this.#emit = context.emit
  }

  /** An event of another's answer. */
  preview(event: AnswerEvent): void {
    this.#preview = grownText(this.#preview, event)
    this.#emit(event)
  }

  /** The answer that was shown will not be finished. */
  forget(): void {
    if (this.#preview !== '') this.#emit({ type: 'restart', keep: 0 })
    this.#preview = ''
  }

  /** An event of the own answer. */
  readonly emit = (event: AnswerEvent): void => {
    if (event.type !== 'delta' || this.#preview === '') {
      this.#emit(event)
      return
    }
    if (!event.text.startsWith(this.#preview)) this.forget()
    const text = event.text.slice(this.#preview.length)
    this.#preview = ''
    if (text !== '') this.#emit({ type: 'delta', text })
  }
}
