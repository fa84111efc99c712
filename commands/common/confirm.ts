import { createInterface } from 'node:readline/promises'
import { ChatbotError } from '../../src/domain/errors.ts'

/** Asks before something is destroyed; throws unless the answer is yes. Without a terminal only `--yes` is yes. */
export async function confirm(what: string, yes: boolean): Promise<void> {
  if (yes) return
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new ChatbotError('bad_request', `${what} Without a terminal to ask, add --yes.`)
  }
  const dialogue = createInterface({ input: process.stdin, output: process.stderr })
  dialogue.on('SIGINT', () => process.exit(130))
  try {
    const reply = await dialogue.question(`${what} Go on? [y/N] `)
    if (!/^(y|yes|д|да)$/i.test(reply.trim())) throw new ChatbotError('cancelled', 'Nothing was deleted.')
  } finally {
    dialogue.close()
  }
}
