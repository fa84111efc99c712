import { z } from 'zod'
import { percentEncoded } from './fields.ts'
import { nothing, type Route } from './route.ts'

/** In a header because query strings end up in the logs of proxies; percent-encoded because headers are Latin-1. */
export const PASSPHRASE_HEADER = 'x-chatbot-passphrase'

const passphrase = percentEncoded
  .pipe(z.string().max(3000).min(12, 'a passphrase has at least 12 characters'))
  .optional()
  .describe('what hashes of passwords and keys are encrypted with, percent-encoded UTF-8')

export const backupRoutes = {
  backup: {
    ...nothing,
    method: 'GET',
    path: '/backup',
    summary:
      'All documents, chunks, vectors, conversations, users and roles as one archive (gzip of a JSON record a line); with a passphrase also keys and passwords',
    headers: z.object({ [PASSPHRASE_HEADER]: passphrase }),
    download: true,
    response: z.unknown(),
  },
  restore: {
    ...nothing,
    method: 'POST',
    path: '/restore',
    summary: 'Add what an archive of `backup` holds; documents of the same name are replaced',
    query: z.object({
      accounts: z.stringbool().default(false).describe('also users and roles, with the passphrase also keys'),
    }),
    headers: z.object({ [PASSPHRASE_HEADER]: passphrase }),
    upload: true,
    response: z.object({
      collections: z.int(),
      documents: z.int(),
      conversations: z.int(),
      unchanged: z.int().describe('documents and conversations that were there already'),
      users: z.int(),
      withoutPassword: z.int().describe('of those: who cannot log in until one is set'),
      keys: z.int(),
      grants: z.int(),
    }),
  },
} as const satisfies Record<string, Route>
