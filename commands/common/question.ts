import { MAX_QUESTION_CHARACTERS } from '../../src/domain/question.ts'
import { readStdin } from '../../src/terminal/stdin.ts'

/** The words of a command line as one question; `-` alone reads it from stdin. */
export async function questionOf(argv: readonly unknown[]): Promise<string> {
  const text = argv.map(String).join(' ')
  return text === '-' ? readStdin(MAX_QUESTION_CHARACTERS * 4, 'question_too_long') : text
}
