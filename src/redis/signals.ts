import { z } from 'zod'
import { catching } from '../domain/catching.ts'
import { parseJsonOrUndefined } from '../domain/json.ts'
import type { Signals } from '../ports/signals.ts'
import type { RedisConnection } from './connection.ts'

const signalSchema = z.tuple([z.literal('cancel'), z.string()])

/** One channel for all topics: every daemon listens to every topic. */
export function redisSignals(redis: RedisConnection, onError: (error: unknown) => void): Signals {
  const channel = redis.key('signals', 'all')
  const listeners = new Map<string, Set<(subject: string) => void>>()
  const subscriber = redis.duplicate()
  // Nothing is sent before it is connected, so the first subscription waits for the connection.
  subscriber.on('ready', () => {
    subscriber.subscribe(channel).catch(() => undefined)
  })
  const hear = catching(onError, (_channel: string, text: string) => {
    const signal = signalSchema.safeParse(parseJsonOrUndefined(text)).data
    if (signal === undefined) return
    const [topic, subject] = signal
    for (const listener of listeners.get(topic) ?? []) listener(subject)
  })
  subscriber.on('message', hear)
  return {
    send(topic, subject) {
      void redis.attempt((client) => client.publish(channel, JSON.stringify([topic, subject])), 0)
    },
    on(topic, listener) {
      const known = listeners.get(topic) ?? new Set()
      known.add(listener)
      listeners.set(topic, known)
    },
  }
}
