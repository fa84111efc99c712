import { option, string } from '@oclif/core/flags'
import { ROLES, type Role } from '../../src/domain/principal.ts'

/** The initial rights of a new user or key. */
export const firstRights = {
  role: option({ options: ROLES, default: 'reader' as const })({
    summary:
      'reader: ask and read; editor: also ingest and delete documents; admin: also settings and grants.',
  }),
  collection: string({
    char: 'c',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME',
    summary: 'Only on this collection. Repeatable; default: all, including future ones.',
  }),
}

/** `reader on all`, `editor on handbook, reader on notes`. */
export function describeRights(
  rights: readonly { readonly role: Role; readonly collection: string | null }[],
): string {
  if (rights.length === 0) return 'none'
  return rights.map(({ role, collection }) => `${role} on ${collection ?? 'all'}`).join(', ')
}
