import { createInterface } from 'node:readline/promises'
import { ChatbotError, type ErrorCode } from '../domain/errors.ts'
import { printable } from '../domain/printable.ts'

interface Confirmation {
  /** The flag that confirms, and the code of the error if it is missing. */
  readonly flag?: string
  readonly code?: ErrorCode
  /** Message after a refusal. */
  readonly refusal?: string
}

/** Asks before something is destroyed; throws unless confirmed. Without a terminal, only the flag confirms. */
export async function confirm(
  what: string,
  yes: boolean,
  { flag = '--yes', code = 'bad_request', refusal = 'Nothing was deleted.' }: Confirmation = {},
): Promise<void> {
  if (yes) return
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new ChatbotError(code, `${what} Without a terminal, confirm with ${flag}.`)
  }
  const dialogue = createInterface({ input: process.stdin, output: process.stderr })
  dialogue.on('SIGINT', () => process.exit(130))
  try {
    const reply = await dialogue.question(`${printable(what)} Continue? [y/N] `)
    // What all languages say is loaded where it is needed: every command loads this file.
    const { ofAll } = await import('../text/all-languages.ts')
    if (!ofAll(({ yes }) => yes).includes(reply.trim().toLowerCase()))
      throw new ChatbotError('cancelled', refusal)
  } finally {
    dialogue.close()
  }
}
