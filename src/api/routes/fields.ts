/** What several routes take. */
import { z } from 'zod'
import { COLLECTION_NAME } from '../../domain/document.ts'

export const collectionName = z
  .string()
  .regex(
    COLLECTION_NAME,
    'lower-case letters, digits, dot, dash and underscore, at most 63, starting with a letter or digit',
  )

export const named = z.object({ name: collectionName })

export const identified = z.object({ id: z.string().min(1).max(64) })

export const limit = z.coerce.number().int().min(1).max(1000).default(100)

export const sourceId = z.uuid()

export const percentEncoded = z
  .string()
  .max(3000)
  .transform((encoded, context) => {
    try {
      return decodeURIComponent(encoded)
    } catch {
      context.addIssue('not percent-encoded UTF-8')
      return z.NEVER
    }
  })
