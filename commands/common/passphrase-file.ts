import { string } from '@oclif/core/flags'
import { readPassword } from './password-file.ts'

export const passphraseFile = (summary: string) => string({ helpValue: 'FILE', summary })

export async function readPassphrase(path: string | undefined): Promise<{ readonly passphrase?: string }> {
  return path === undefined ? {} : { passphrase: await readPassword(path) }
}
