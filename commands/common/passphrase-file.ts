import { string } from '@oclif/core/flags'
import { readPassword } from './password-file.ts'

export const passphraseFile = (summary: string) => string({ helpValue: 'FILE', summary })

export const readPassphrase = async (path: string | undefined): Promise<string | undefined> =>
  path === undefined ? undefined : readPassword(path)
