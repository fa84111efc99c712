import { readFile } from 'node:fs/promises'
import { ChatbotError } from '../../domain/errors.ts'

/** What the file holds but its last line end: spaces may belong to a password. */
export async function readPassword(path: string): Promise<string> {
  const content = await readFile(path, 'utf8').catch((error: unknown) => {
    throw ChatbotError.wrap(error, 'bad_request', 'The password file cannot be read: ')
  })
  const password = content.replace(/\r?\n$/u, '')
  if (password === '' || password.length > 1000 || password.includes('\n'))
    throw new ChatbotError('bad_request', `${path} must hold one password, on one line.`)
  return password
}

export async function readPassphrase(path: string | undefined): Promise<{ readonly passphrase?: string }> {
  return path === undefined ? {} : { passphrase: await readPassword(path) }
}
