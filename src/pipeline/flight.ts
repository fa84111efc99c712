/** Single flight: an ask whose answer is already being generated follows it live, then reads it from the cache. */
import { LRUCache } from 'lru-cache'
import { type Answer, type AnswerEvent, grownText } from '../domain/answer.ts'
import { ShownText } from '../domain/shown-text.ts'
import type { Ask } from './ask.ts'
import type { StepContext } from './step.ts'

/** How a flight ended. `left`: the leader's ask was cancelled, and a follower must lead. */
type Landing = 'answered' | 'left' | 'failed'

interface Flight {
  text: string
  readonly followers: Set<(event: AnswerEvent) => void>
  readonly landed: Promise<Landing>
  readonly land: (landing: Landing) => void
}

/** Recent landings to remember, for asks whose cache lookup missed just before one. */
const MAX_LANDINGS = 1000

/**
 * Gives the steps `inFlight`: among asks with the same cache key and no cached answer, the first leads and the
 * others follow. A follower survives its leader.
 */
export function oneFlight(
  answer: (ask: Ask, context: StepContext) => Promise<Answer>,
): (ask: Ask, context: Omit<StepContext, 'inFlight' | 'eventsUntil' | 'showText'>) => Promise<Answer> {
  const flights = new Map<string, Flight>()
  const landings = new LRUCache<string, number>({ max: MAX_LANDINGS })

  return async (ask, context) => {
    const { signal } = context
    const shown = new ShownText(ask.kept?.text)
    let led: { readonly key: string; readonly flight: Flight } | undefined

    const emit = (event: AnswerEvent) => {
      const seen =
        event.type === 'delta'
          ? shown.append(event.text)
          : event.type === 'restart'
            ? shown.restart(event.keep)
            : [event]
      for (const each of seen) context.emit(each)
      if (led === undefined) return
      led.flight.text = grownText(led.flight.text, event)
      for (const follow of led.flight.followers) follow(event)
    }

    /** Shows an event of the leader's answer; the asker's own continues it or restarts. */
    const preview = (event: AnswerEvent) => {
      if (event.type === 'delta' || event.type === 'restart') shown.preview(event)
      else if (event.type !== 'context') return
      context.emit(event)
    }

    async function inFlight(key: string, since: number): Promise<boolean> {
      for (;;) {
        signal.throwIfAborted()
        const flight = flights.get(key)
        if (flight === undefined) {
          if ((landings.get(key) ?? 0) > since) return true
          led = { key, flight: newFlight() }
          flights.set(key, led.flight)
          return false
        }
        for (const event of shown.forget()) context.emit(event)
        context.freeSlot()
        // If the leader failed or its answer was not cached, each follower continues alone instead of waiting again.
        if ((await follow(flight, signal, preview)) !== 'left') return true
      }
    }

    function settle(landing: Landing): void {
      if (led === undefined) return
      flights.delete(led.key)
      landings.set(led.key, performance.now())
      led.flight.land(landing)
    }

    try {
      const answered = await answer(ask, {
        ...context,
        emit,
        eventsUntil: (text) => shown.until(text).length,
        showText: (text) => {
          for (const event of shown.replace(text)) context.emit(event)
        },
        inFlight,
      })
      settle('answered')
      return answered
    } catch (error) {
      settle(signal.aborted ? 'left' : 'failed')
      throw error
    }
  }
}

function newFlight(): Flight {
  const { promise: landed, resolve: land } = Promise.withResolvers<Landing>()
  return { text: '', followers: new Set(), landed, land }
}

async function follow(
  flight: Flight,
  signal: AbortSignal,
  onEvent: (event: AnswerEvent) => void,
): Promise<Landing> {
  if (flight.text !== '') onEvent({ type: 'delta', text: flight.text })
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
