/**
 * Who may show a token or a password, and when. A wrong one costs whoever sent it a wait that grows; nobody's right one
 * is locked out by what others send. Of each daemon for itself, in memory: it must hold when nothing else does.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { ChatbotError } from '../domain/errors.ts'
import type { Rate } from '../ports/rate-limiter.ts'
import { atLeast } from '../text/amounts.ts'
import { networkOf } from './addresses.ts'
import { delays } from './delays.ts'

/** How the credentials that come from one address are tried. */
export interface Attempts {
  /** Nobody guesses one, so it is always looked at, only not many at once. Throws `rate_limited` in place of `unauthenticated`. */
  token: <T>(token: string, work: () => Promise<T>) => Promise<T>
  /** The same for a token that works once. */
  refreshToken: <T>(work: () => Promise<T>) => Promise<T>
  /**
   * Throws `rate_limited`, unread, while the name has to wait; `isKnown` says that this very password was right from here
   * before, and goes before those that may be guesses.
   */
  password: <T>(name: string, password: string, work: (isKnown: boolean) => Promise<T>) => Promise<T>
}

export interface AttemptRegister {
  /** Undefined for the daemon's own socket, which has no limits. */
  from: (address: string | undefined) => Attempts
  /** What stands for this token at this address, when it was good there before. */
  known: (address: string | undefined, token: string) => string | undefined
}

export interface AttemptOptions {
  /** Wrong tokens, and as many wrong passwords, of one address. */
  readonly rate: Rate
  readonly now?: () => number
}

/** Credentials that were right, each with its address; the longest unused go first, and are then tried like new ones. */
const MOST_KNOWN = 20_000
const KNOWN_MS = 30 * 86_400_000
/** Checks at once of one address, and of one known password. */
const MAX_AT_ONCE = 10
const SOON_MS = 1000
/** Wrong passwords of one name from one address. */
const PAIR_FREE = 10
const PAIR_FORGIVEN_PER_MINUTE = 0.1
/** Wrong passwords of one name from everywhere, after which an address that is not known takes turns with others. */
const NAME_FREE = 100
const NAME_FORGIVEN_PER_MINUTE = 2
const TURN_MS = 16_000
const MOST_TURNS = 4

export function attemptRegister({ rate, now = Date.now }: AttemptOptions): AttemptRegister {
  const ofAddress = { free: rate.burst, forgivenPerMinute: rate.perMinute, now }
  const tokens = delays(ofAddress)
  const passwords = delays(ofAddress)
  const pairs = delays({ free: PAIR_FREE, forgivenPerMinute: PAIR_FORGIVEN_PER_MINUTE, now })
  const names = delays({ free: NAME_FREE, forgivenPerMinute: NAME_FORGIVEN_PER_MINUTE, now })
  const knownTokens = new LRUCache<string, true>({ max: MOST_KNOWN, ttl: KNOWN_MS, perf: { now } })
  const knownPasswords = new LRUCache<string, true>({ max: MOST_KNOWN, ttl: KNOWN_MS, perf: { now } })
  const running = new Map<string, number>()
  /** Of this process alone: what is kept in memory of a password can be compared with nothing else. */
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

  /** Without memory, so that nobody can push anybody else's turn out of it. */
  function untilTurn(name: string, pair: string): number {
    const beyond = names.beyond(name)
    if (beyond === 0) return 0
    const turns = Math.min(MOST_TURNS, 2 ** beyond)
    const own = createHmac('sha256', secret).update(pair).digest().readUInt8() % turns
    const turn = Math.floor(now() / TURN_MS)
    const wait = (own - (turn % turns) + turns) % turns
    return wait === 0 ? 0 : (turn + wait) * TURN_MS - now()
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
        // One that was good has ended: that is no guess.
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
        const wait = Math.max(passwords.left(network), pairs.left(pair)) || untilTurn(name, pair)
        if (wait > 0) throw tooMany(wait)
        return oneOfFew(`password ${network}`, async () => {
          // Before it is known to be one: guesses that are sent all at once count as well.
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

/** Of the machine's own user. */
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
