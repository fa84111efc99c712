import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { ChatbotError } from '../domain/errors.ts'
import { printable } from '../domain/printable.ts'
import { readStdin } from './stdin.ts'

const MAX_BYTES = 16_384

/** A password or key from the terminal, unseen, or from stdin: flags can be read by everybody on the machine. */
export async function readSecret(what: string): Promise<string> {
  const secret = process.stdin.isTTY ? await ask(what) : await readStdin(MAX_BYTES, 'bad_request')
  if (secret !== '') return secret
  throw new ChatbotError(
    'bad_request',
    `No ${what.toLowerCase()} was given. Type it on a terminal, or send it to the command's standard input.`,
  )
}

/** Asked for twice on a terminal. */
export async function readNewPassword(what: string): Promise<string> {
  const password = await readSecret(what)
  if (process.stdin.isTTY && (await ask('The same again')) !== password) {
    throw new ChatbotError('bad_request', 'The two passwords differ. Nothing was changed.')
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
