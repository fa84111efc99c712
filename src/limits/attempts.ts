/**
 * Throttles attempts to authenticate. A wrong credential costs its sender a growing wait; a valid one is never
 * locked out by what others send. Each daemon keeps this in its own memory: it must work when nothing else does.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { ChatbotError } from '../domain/errors.ts'
import type { Rate } from '../ports/rate-limiter.ts'
import { atLeast } from '../text/amounts.ts'
import { networkOf } from './addresses.ts'
import { delays } from './delays.ts'

/** Attempts from one address. */
export interface Attempts {
  /**
   * Nobody can guess a token, so it is always checked, but only few at once. Throws `rate_limited` instead of
   * `unauthenticated`.
   */
  token: <T>(token: string, work: () => Promise<T>) => Promise<T>
  /** The same for a single-use token. */
  refreshToken: <T>(work: () => Promise<T>) => Promise<T>
  /**
   * Throws `rate_limited` without checking while the name has to wait. `isKnown` says that the same password was
   * accepted from here before, and takes precedence over possible guesses.
   */
  password: <T>(name: string, password: string, work: (isKnown: boolean) => Promise<T>) => Promise<T>
}

export interface AttemptRegister {
  /** Undefined for the local socket, which has no limits. */
  from: (address: string | undefined) => Attempts
  /** A key for this token at this address, if it was accepted there before. */
  known: (address: string | undefined, token: string) => string | undefined
}

export interface AttemptOptions {
  /** Wrong tokens of one address, and separately wrong passwords. */
  readonly rate: Rate
  readonly now?: () => number
}

/** Accepted credentials, each with its address; the least recently used are evicted, and then treated like new ones. */
const MAX_KNOWN_CREDENTIALS = 20_000
const KNOWN_MS = 30 * 86_400_000
/** Concurrent checks for one address, and for one known password. */
const MAX_AT_ONCE = 10
const SOON_MS = 1000
/** Wrong passwords for one name from one address. */
const PAIR_FREE = 10
const PAIR_FORGIVEN_PER_MINUTE = 0.1
/** Wrong passwords for one name from everywhere; after that, addresses that are not known share the time. */
const NAME_FREE = 100
const NAME_FORGIVEN_PER_MINUTE = 2
const WINDOW_MS = 16_000
const MAX_WINDOWS = 4

export function attemptRegister({ rate, now = Date.now }: AttemptOptions): AttemptRegister {
  const ofAddress = { free: rate.burst, forgivenPerMinute: rate.perMinute, now }
  const tokens = delays(ofAddress)
  const passwords = delays(ofAddress)
  const pairs = delays({ free: PAIR_FREE, forgivenPerMinute: PAIR_FORGIVEN_PER_MINUTE, now })
  const names = delays({ free: NAME_FREE, forgivenPerMinute: NAME_FORGIVEN_PER_MINUTE, now })
  const knownTokens = new LRUCache<string, true>({ max: MAX_KNOWN_CREDENTIALS, ttl: KNOWN_MS, perf: { now } })
  const knownPasswords = new LRUCache<string, true>({
    max: MAX_KNOWN_CREDENTIALS,
    ttl: KNOWN_MS,
    perf: { now },
  })
  const running = new Map<string, number>()
  /** Random per process, so that the stored HMACs of passwords are useless elsewhere. */
  const secret = randomBytes(32)
  const digest = (...parts: readonly string[]) =>
    createHmac('sha256', secret).update(JSON.stringify(parts)).digest('base64')

  async function oneOfFew<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = running.get(key) ?? 0
    if (before >= MAX_AT_ONCE) throw tooMany(SOON_MS)
    running.set(key, before + 1)
    try {
      return await work()
    } finally {
      const left = (running.get(key) ?? 1) - 1
      if (left === 0) running.delete(key)
      else running.set(key, left)
    }
  }

  /** Stateless, so that nobody can evict anybody's window. */
  function untilOwnWindow(name: string, pair: string): number {
    const beyond = names.beyond(name)
    if (beyond === 0) return 0
    const windows = Math.min(MAX_WINDOWS, 2 ** beyond)
    const own = createHmac('sha256', secret).update(pair).digest().readUInt8() % windows
    const current = Math.floor(now() / WINDOW_MS)
    const wait = (own - (current % windows) + windows) % windows
    return wait === 0 ? 0 : (current + wait) * WINDOW_MS - now()
  }

  function attempts(network: string): Attempts {
    async function token<T>(mark: string | undefined, work: () => Promise<T>): Promise<T> {
      const isKnown = mark !== undefined && knownTokens.has(mark)
      try {
        const isWaiting = !isKnown && tokens.left(network) > 0
        const result = await (isWaiting ? oneOfFew(`token ${network}`, work) : work())
        if (mark !== undefined) knownTokens.set(mark, true)
        return result
      } catch (error) {
        // A token that was valid has ended: that is not a guess.
        if (!isWrong(error) || (mark !== undefined && knownTokens.delete(mark))) throw error
        tokens.add(network)
        const wait = tokens.left(network)
        throw wait === 0 ? error : tooMany(wait, error)
      }
    }

    return {
      token: (text, work) => token(digest(network, text), work),
      refreshToken: (work) => token(undefined, work),
      async password(name, text, work) {
        const mark = digest(network, name, text)
        if (knownPasswords.has(mark)) {
          try {
            return await oneOfFew(mark, () => work(true))
          } catch (error) {
            if (isWrong(error)) knownPasswords.delete(mark)
            throw error
          }
        }
        const pair = JSON.stringify([network, name])
        const wait = Math.max(passwords.left(network), pairs.left(pair)) || untilOwnWindow(name, pair)
        if (wait > 0) throw tooMany(wait)
        return oneOfFew(`password ${network}`, async () => {
          // Counted before the check, so that concurrent guesses count as well.
          passwords.add(network)
          pairs.add(pair, names.beyond(name) > 0 ? PAIR_FREE : 1)
          names.add(name)
          try {
            const result = await work(false)
            knownPasswords.set(mark, true)
            pairs.forget(pair)
            names.takeBack(name)
            passwords.takeBack(network)
            return result
          } catch (error) {
            if (isWrong(error)) {
              pairs.begin(pair)
              passwords.begin(network)
            } else {
              pairs.takeBack(pair)
              names.takeBack(name)
              passwords.takeBack(network)
            }
            throw error
          }
        })
      },
    }
  }

  return {
    from: (address) => (address === undefined ? unlimited : attempts(networkOf(address))),
    known(address, token) {
      if (address === undefined) return undefined
      const mark = digest(networkOf(address), token)
      return knownTokens.has(mark) ? mark : undefined
    },
  }
}

/** For the local user. */
export const unlimited: Attempts = {
  token: (_token, work) => work(),
  refreshToken: (work) => work(),
  password: (_name, _password, work) => work(true),
}

const isWrong = (error: unknown) => error instanceof ChatbotError && error.code === 'unauthenticated'

const tooMany = (retryAfterMs: number, cause?: unknown) =>
  new ChatbotError(
    'rate_limited',
    `Too many wrong tokens or passwords. Try again in ${atLeast(retryAfterMs)}.`,
    { retryAfterMs, cause },
  )
