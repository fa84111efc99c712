import { z } from 'zod'
import { percentEncoded } from './fields.ts'
import { nothing, type Route } from './route.ts'

/** A header, because query strings end up in proxy logs; percent-encoded, because headers are Latin-1. */
export const PASSPHRASE_HEADER = 'x-chatbot-passphrase'

const passphrase = percentEncoded
  .pipe(z.string().max(3000).min(12, 'a passphrase needs at least 12 characters'))
  .optional()
  .describe('passphrase that encrypts the hashes of passwords and keys, percent-encoded UTF-8')

export const backupRoutes = {
  backup: {
    ...nothing,
    method: 'GET',
    path: '/backup',
    summary:
      'All documents, chunks, vectors, conversations, users and roles in one archive (gzip, one JSON record per line); with a passphrase also keys and passwords',
    headers: z.object({ [PASSPHRASE_HEADER]: passphrase }),
    download: true,
    response: z.unknown(),
  },
  restore: {
    ...nothing,
    method: 'POST',
    path: '/restore',
    summary: 'Restore a backup; documents with the same name are replaced',
    query: z.object({
      accounts: z
        .stringbool()
        .default(false)
        .describe('also restore users and roles; with the passphrase also keys'),
    }),
    headers: z.object({ [PASSPHRASE_HEADER]: passphrase }),
    upload: true,
    response: z.object({
      collections: z.int(),
      documents: z.int(),
      conversations: z.int(),
      unchanged: z.int().describe('documents and conversations that already existed'),
      users: z.int(),
      withoutPassword: z.int().describe('of these, users who cannot log in until a password is set'),
      keys: z.int(),
      grants: z.int(),
    }),
  },
} as const satisfies Record<string, Route>
