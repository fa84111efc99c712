/** Faults and asks of one history, all decided by its seed. */
import { randomUUID } from 'node:crypto'

/** What happens at a moment of a history; `daemon` is a number of one. */
export type Fault =
  | { readonly kind: 'kill'; readonly daemon: number; readonly downMs: number }
  | { readonly kind: 'terminate'; readonly daemon: number; readonly downMs: number }
  | { readonly kind: 'stop'; readonly daemon: number; readonly forMs: number }
  | {
      readonly kind: 'redis' | 'postgres'
      readonly how: 'cut' | 'down' | 'stall' | 'kill'
      readonly forMs: number
    }
  /** Its socket is reset; it comes back, perhaps to another daemon. */
  | { readonly kind: 'drop'; readonly client: number }
  | { readonly kind: 'cancel'; readonly ask: number; readonly daemon: number }

export type Random = () => number

export interface ScheduledClient {
  readonly ask: number
  /** The daemon it comes to first. */
  readonly daemon: number
  readonly atMs: number
}

export interface ScheduledAsk {
  readonly id: string
  readonly question: string
  readonly cache: boolean
}

export interface Schedule {
  readonly seed: number
  readonly asks: readonly ScheduledAsk[]
  readonly clients: readonly ScheduledClient[]
  readonly faults: readonly (Fault & { readonly atMs: number })[]
  /** What the engine writes, in the order in which it is asked. */
  readonly generations: (next: Random) => Generation
}

export interface Generation {
  readonly pieces: number
  readonly pauseMs: number
  /** The piece before which its connection breaks off. */
  readonly breaksAt?: number
}

/** Mulberry32: 0 to 1, the same sequence for the same seed. */
export function random(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const LENGTH_MS = 4000

const BREAKING = 0.07

function generations(next: Random): Generation {
  const pieces = 10 + Math.floor(next() * 50)
  const pauseMs = 20 + next() * 100
  return next() < BREAKING ? { pieces, pauseMs, breaksAt: Math.floor(next() * pieces) } : { pieces, pauseMs }
}

/** The daemon that answers hangs until another has taken over, then wakes; `breaks`: its engine has gone meanwhile. */
export function wokenSchedule({ breaks }: { readonly breaks: boolean }): Schedule {
  let number = 0
  const asks = [{ id: randomUUID(), question: 'How long does Murka sleep?', cache: false }]
  return {
    seed: 0,
    asks,
    clients: [
      { ask: 0, daemon: 0, atMs: 0 },
      { ask: 0, daemon: 1, atMs: 500 },
    ],
    faults: [{ kind: 'stop', daemon: 0, forMs: 8000, atMs: 1500 }],
    generations() {
      number += 1
      return number === 1
        ? { pieces: 40, pauseMs: 100, ...(breaks ? { breaksAt: 30 } : {}) }
        : { pieces: 100, pauseMs: 100 }
    },
  }
}

export function scheduleOf(seed: number, daemons: number): Schedule {
  const next = random(seed)
  const below = (most: number) => Math.floor(next() * most)
  const between = (least: number, most: number) => Math.round(least + next() * (most - least))
  const asks = Array.from({ length: 3 + below(4) }, (_, index) => ({
    id: randomUUID(),
    // Some ask the same, so that they share an answer.
    question: `How long does Murka sleep? (${seed}, ${below(index + 1)})`,
    cache: next() < 0.5,
  }))
  const clients = asks.flatMap((_, ask) =>
    Array.from({ length: 1 + below(3) }, (_client, index) => ({
      ask,
      daemon: below(daemons),
      atMs: index === 0 ? between(0, LENGTH_MS / 4) : between(0, LENGTH_MS),
    })),
  )
  const fault = (): Fault => {
    const daemon = below(daemons)
    switch (below(14)) {
      case 0:
      case 1:
      case 2:
        return { kind: 'kill', daemon, downMs: between(0, 3000) }
      case 3:
        return { kind: 'terminate', daemon, downMs: between(0, 3000) }
      case 4:
      case 10:
      case 11:
        return { kind: 'stop', daemon, forMs: between(500, 8000) }
      case 5:
      case 6:
      case 7:
      case 8: {
        // A killed one takes longest to come back, and Redis forgets all.
        const how = (['cut', 'down', 'stall', 'cut', 'down', 'stall', 'kill'] as const)[below(7)] ?? 'cut'
        return { kind: next() < 0.5 ? 'redis' : 'postgres', how, forMs: between(200, 3000) }
      }
      case 9:
        return { kind: 'cancel', ask: below(asks.length), daemon }
      default:
        return { kind: 'drop', client: below(clients.length) }
    }
  }
  const faults = Array.from({ length: 2 + below(5) }, () => ({ ...fault(), atMs: between(100, LENGTH_MS) }))
  return { seed, asks, clients, faults: faults.toSorted((a, b) => a.atMs - b.atMs), generations }
}
