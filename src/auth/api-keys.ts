/**
 * API keys: `cb_PREFIX_SECRET`. The prefix finds the row and is shown in lists; only a hash of the secret is
 * stored.
 */
import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import type { KeyRepository, KeySecrets } from '../ports/store/keys.ts'
import { type Identity, refused } from './identity.ts'

const PREFIX_LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789'
const SHAPE = /^cb_([a-z0-9]{8})_([A-Za-z0-9_-]{43})$/

export const newPrefix = (): string =>
  Array.from({ length: 8 }, () => PREFIX_LETTERS[randomInt(PREFIX_LETTERS.length)]).join('')

/** A fast hash is enough: nobody can guess 256 random bits. */
export function newSecret(prefix: string): { key: string; hash: string } {
  const key = `cb_${prefix}_${randomBytes(32).toString('base64url')}`
  return { key, hash: hashOf(key) }
}

export const isApiKey = (token: string): boolean => SHAPE.test(token)

/** Takes the same steps whether or not the key exists. Throws `unauthenticated`. */
export async function verifyApiKey(
  keys: Pick<KeyRepository, 'find'>,
  token: string,
  now = new Date(),
): Promise<Identity> {
  const [, prefix = ''] = SHAPE.exec(token) ?? []
  const found = await keys.find(prefix)
  const hash = hashOf(token)
  const isCurrent = equal(hash, found?.hash ?? NO_HASH)
  const isPrevious = equal(hash, found?.previousHash ?? NO_HASH)
  if (found === undefined || !(isCurrent || isPrevious)) throw refused()
  const expiresAt = endOf(found, isCurrent)
  if (found.revokedAt !== null || (expiresAt !== undefined && expiresAt <= now)) throw refused()
  return {
    principal: { kind: 'key', id: `key:${found.id}`, name: found.name },
    token,
    expiresAt,
  }
}

function endOf({ expiresAt, previousUntil }: KeySecrets, isCurrent: boolean): Date | undefined {
  const ends = [expiresAt, isCurrent ? null : previousUntil].filter((end) => end !== null)
  return ends.sort((left, right) => left.getTime() - right.getTime())[0]
}

const hashOf = (key: string) => createHash('sha256').update(key).digest('hex')

/** Matches no key: nobody knows a text with this hash that begins with `cb_`. */
const NO_HASH = '0'.repeat(64)

const equal = (left: string, right: string) =>
  left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right))
