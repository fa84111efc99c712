/**
 * The keys that sign this installation's access tokens: generated on demand, stored encrypted, rotated with an
 * overlap.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair, type JWK } from 'jose'
import { ChatbotError } from '../domain/errors.ts'
import { shared } from '../domain/shared.ts'
import type { SigningKey, SigningKeyRepository } from '../ports/store/signing-keys.ts'
import { seal, unseal } from './sealed.ts'

export const SIGNING_ALGORITHM = 'EdDSA'

/** Tokens of the previous key live for minutes; an hour allows for clock skew and caches of other daemons. */
const OVERLAP_MS = 3_600_000
/** Minimum interval between reloads to find keys of other daemons. */
const RELOAD_MS = 5000
/** How long another daemon's new keys may be missing in the published set. */
const PUBLISHED_MS = 1000
/** Two daemons that generate a key at once end up with one. */
const JUST_NOW_MS = 10_000

export interface SigningKeys {
  /** The newest one, generated if there is none or it is too old. */
  current: () => Promise<{ id: string; key: KeyObject }>
  /** The public key by id; undefined if it does not exist or has expired. */
  find: (id: string) => Promise<JWK | undefined>
  /** All keys that still verify, as a JWK set. */
  publicKeys: () => Promise<JWK[]>
  /** Generates a new key now. */
  rotate: () => Promise<string>
}

export interface SigningKeyOptions {
  readonly store: SigningKeyRepository
  /** Encrypts private keys. */
  readonly secret: string
  readonly maxAgeMs: number
}

export function signingKeys({ store, secret, maxAgeMs }: SigningKeyOptions): SigningKeys {
  let known: readonly SigningKey[] = []
  let loadedAt = 0
  const decrypted = new Map<string, KeyObject>()

  async function load(): Promise<readonly SigningKey[]> {
    known = await store.list()
    loadedAt = Date.now()
    published.forget()
    return known
  }

  async function make(unlessSince: Date): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true })
    const { kty = '', crv = '', x = '' } = await exportJWK(publicKey)
    const pem = await exportPKCS8(privateKey)
    const id = await calculateJwkThumbprint({ kty, crv, x })
    const key = { id, publicKey: { kty, crv, x }, privateKey: await seal(pem, secret) }
    await store.add(key, unlessSince, new Date(Date.now() - OVERLAP_MS))
  }

  const isUsable = (key: SigningKey, keys = known) => {
    const successor = keys.filter(({ createdAt }) => createdAt > key.createdAt).at(-1)
    return successor === undefined || successor.createdAt.getTime() > Date.now() - OVERLAP_MS
  }

  const published = shared(PUBLISHED_MS, async () => {
    const keys = await store.list()
    return keys
      .filter((key) => isUsable(key, keys))
      .map(({ id, publicKey }) => ({ ...publicKey, kid: id, alg: SIGNING_ALGORITHM, use: 'sig' }))
  })

  return {
    async current() {
      const tooOld = () => (known[0]?.createdAt.getTime() ?? 0) < Date.now() - maxAgeMs
      if (Date.now() - loadedAt > RELOAD_MS) await load()
      if (tooOld()) {
        await make(new Date(Date.now() - maxAgeMs))
        await load()
      }
      const newest = known[0]
      if (newest === undefined) throw new ChatbotError('internal', 'There is no signing key.')
      const key = decrypted.get(newest.id) ?? (await decrypt(newest.privateKey, secret))
      decrypted.set(newest.id, key)
      return { id: newest.id, key }
    },
    async find(id) {
      const isThere = () => known.find((key) => key.id === id && isUsable(key))?.publicKey
      if (isThere() === undefined && Date.now() - loadedAt > RELOAD_MS) await load()
      return isThere()
    },
    publicKeys: published.get,
    async rotate() {
      await make(new Date(Date.now() - JUST_NOW_MS))
      const [newest] = await load()
      return newest?.id ?? ''
    },
  }
}

async function decrypt(stored: string, secret: string): Promise<KeyObject> {
  try {
    return createPrivateKey(await unseal(stored, secret))
  } catch (error) {
    throw new ChatbotError(
      'invalid_config',
      'The signing key in the database was encrypted with another secret. Give all daemons on the database the same auth.secret (CHATBOT_AUTH_SECRET), or create a new key: chatbot auth rotate',
      { cause: error },
    )
  }
}
