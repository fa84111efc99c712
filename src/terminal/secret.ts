import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { ChatbotError } from '../domain/errors.ts'
import { printable } from '../domain/printable.ts'
import { readStdin } from './stdin.ts'

const MAX_BYTES = 16_384

/** Reads a password or key from the terminal without echo, or from stdin: flags are visible to other users. */
export async function readSecret(what: string): Promise<string> {
  const secret = process.stdin.isTTY ? await ask(what) : await readStdin(MAX_BYTES, 'bad_request')
  if (secret !== '') return secret
  throw new ChatbotError(
    'bad_request',
    `No ${what.toLowerCase()} was given. Type it on a terminal, or pipe it to the command's standard input.`,
  )
}

/** Asks twice on a terminal. */
export async function readNewPassword(what: string): Promise<string> {
  const password = await readSecret(what)
  if (process.stdin.isTTY && (await ask('Repeat it')) !== password) {
    throw new ChatbotError('bad_request', 'The passwords do not match. Nothing was changed.')
  }
  return password
}

async function ask(what: string): Promise<string> {
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() })
  const dialogue = createInterface({ input: process.stdin, output: unseen, terminal: true })
  dialogue.on('SIGINT', () => process.exit(130))
  process.stderr.write(`${printable(what)}: `)
  try {
    return await dialogue.question('')
  } finally {
    dialogue.close()
    process.stderr.write('\n')
  }
}
