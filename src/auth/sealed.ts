/** Encrypts text with a secret: AES-256-GCM with a key derived by scrypt; salt, nonce, tag and text in base64url. */
import { createCipheriv, createDecipheriv, randomBytes, type ScryptOptions, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { z } from 'zod'

/** Human-made secrets can be guessed unless each guess is expensive: 128 MiB and most of a second. */
export const FOR_PASSPHRASES: ScryptOptions = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 }

export async function seal(plain: string, secret: string, cost: ScryptOptions = {}): Promise<string> {
  const salt = randomBytes(16)
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', await keyOf(secret, salt, cost), nonce)
  const text = Buffer.concat([cipher.update(plain), cipher.final()])
  return [salt, nonce, cipher.getAuthTag(), text].map((part) => part.toString('base64url')).join('.')
}

/** Uses the cost it was sealed with. Throws if the secret is wrong or the text was modified. */
export async function unseal(sealed: string, secret: string, cost: ScryptOptions = {}): Promise<Buffer> {
  const [salt, nonce, tag, text] = sealed.split('.').map((part) => Buffer.from(part, 'base64url'))
  if (salt === undefined || nonce === undefined || tag?.length !== 16 || text === undefined) {
    throw new Error('a part is missing')
  }
  const decipher = createDecipheriv('aes-256-gcm', await keyOf(secret, salt, cost), nonce)
  decipher.setAuthTag(tag)
  return Buffer.concat([decipher.update(text), decipher.final()])
}

const KEY_BYTES = 32
const derive = promisify<string, Buffer, number, ScryptOptions, unknown>(scrypt)

async function keyOf(secret: string, salt: Buffer, cost: ScryptOptions): Promise<Buffer> {
  return z.instanceof(Buffer).parse(await derive(secret, salt, KEY_BYTES, cost))
}
