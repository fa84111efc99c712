/** Fields that several routes share. */
import { z } from 'zod'
import { COLLECTION_NAME, MAX_COLLECTION_NAME_CHARACTERS } from '../../domain/document.ts'

export const collectionName = z
  .string()
  .max(MAX_COLLECTION_NAME_CHARACTERS)
  .regex(
    COLLECTION_NAME,
    'lower-case letters, digits, dot, dash and underscore, at most 63, starting with a letter or digit',
  )

export const named = z.object({ name: collectionName })

export const identified = z.object({ id: z.string().min(1).max(64) })

export const limit = z.coerce.number().int().min(1).max(1000).default(100)

export const sourceId = z.uuid()

/** UTF-16 code units of an encoded secret in a header. */
const MAX_ENCODED_CHARACTERS = 3000

/** UTF-16 code units of a document's uri. */
export const MAX_URI_CHARACTERS = 2048

/** SHA-256 in hex. */
export const hash = z
  .string()
  .max(64)
  .regex(/^[0-9a-f]{64}$/)

export const percentEncoded = z
  .string()
  .max(MAX_ENCODED_CHARACTERS)
  .transform((encoded, context) => {
    try {
      return decodeURIComponent(encoded)
    } catch {
      context.addIssue('not percent-encoded UTF-8')
      return z.NEVER
    }
  })
