/**
 * Passwords are stored as scrypt hashes with their parameters, `scrypt$N$r$p$salt$hash`, so that the cost can be
 * raised.
 */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { ChatbotError } from '../domain/errors.ts'
import { semaphore } from '../domain/semaphore.ts'
import { NO_PASSWORD } from '../ports/store/users.ts'

/** OWASP's recommendation for 32 MiB: a fifth of a second on one thread. */
const COST = { N: 2 ** 15, r: 8, p: 3 }
const KEY_BYTES = 32
const MAX_MEMORY_BYTES = 64 * 1024 * 1024

const MIN_CHARACTERS = 12
const MAX_CHARACTERS = 1000

/** Concurrent and queued hashes: each takes memory and a thread of the pool. */
const HASHES_AT_ONCE = 2
const MAX_WAITING = 32

/** Throws `bad_request` for a password that is too short or too long, in characters. */
export async function hashPassword(password: string): Promise<string> {
  const length = Array.from(password.slice(0, MAX_CHARACTERS * 2 + 1)).length
  if (length < MIN_CHARACTERS || length > MAX_CHARACTERS) {
    throw new ChatbotError(
      'bad_request',
      `A password needs ${MIN_CHARACTERS} to ${MAX_CHARACTERS} characters. A few words in a row are easy to remember.`,
    )
  }
  const salt = randomBytes(16)
  const { N, r, p } = COST
  const hash = await derive(password, salt, COST)
  return ['scrypt', N, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$')
}

/** Takes equally long without a stored hash (unknown user). `first` has a separate queue with priority. */
export async function isPassword(
  password: string,
  stored: string | undefined,
  first = false,
): Promise<boolean> {
  const [, N, r, p, salt = '', hash = ''] = (stored ?? NO_PASSWORD).split('$')
  const expected = Buffer.from(hash, 'base64url')
  const cost = { N: Number(N), r: Number(r), p: Number(p) }
  const given = await derive(password, Buffer.from(salt, 'base64url'), cost, first)
  return timingSafeEqual(given, expected) && stored !== undefined
}

const turns = semaphore(HASHES_AT_ONCE, {
  maxWaiting: MAX_WAITING,
  refusal: () =>
    new ChatbotError('overloaded', 'Too many logins at the same time. Try again in a moment.', {
      retryAfterMs: 2000,
    }),
})

const derive = (password: string, salt: Buffer, cost: ScryptOptions, first = false): Promise<Buffer> =>
  turns.run(
    () =>
      new Promise((resolve, reject) => {
        scrypt(
          password.normalize('NFC'),
          salt,
          KEY_BYTES,
          { ...cost, maxmem: MAX_MEMORY_BYTES },
          (error, key) => (error === null ? resolve(key) : reject(error)),
        )
      }),
    { first },
  )
