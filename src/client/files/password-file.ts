import { readFile } from 'node:fs/promises'
import { ChatbotError } from '../../domain/errors.ts'

/** The file's content without its last line end; spaces may be part of the password. */
export async function readPassword(path: string): Promise<string> {
  const content = await readFile(path, 'utf8').catch((error: unknown) => {
    throw ChatbotError.wrap(error, 'bad_request', 'The password file cannot be read: ')
  })
  const password = content.replace(/\r?\n$/u, '')
  if (password === '' || password.length > 1000 || password.includes('\n'))
    throw new ChatbotError('bad_request', `${path} must contain one password, on one line.`)
  return password
}

export const readPassphrase = async (path: string | undefined): Promise<string | undefined> =>
  path === undefined ? undefined : readPassword(path)
