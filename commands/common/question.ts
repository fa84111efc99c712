import { ChatbotError } from '../../src/domain/errors.ts'
import { MAX_QUESTION_CHARACTERS } from '../../src/domain/question.ts'
import { readStdin } from '../../src/terminal/stdin.ts'

/** The words of a command line as one question; `-` alone, or none where something is piped in, reads it from stdin. */
export async function questionOf(argv: readonly unknown[]): Promise<string> {
  const text = argv.map(String).join(' ')
  const isPiped = text === '-' || (text === '' && process.stdin.isTTY !== true)
  const question = isPiped ? await readStdin(MAX_QUESTION_CHARACTERS * 4, 'question_too_long') : text
  // Before a daemon is started for nothing.
  if (question.trim() === '')
    throw new ChatbotError('bad_request', 'There is no question. Write it behind the command, or pipe it in.')
  return question
}
