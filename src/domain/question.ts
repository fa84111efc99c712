import { ChatbotError } from './errors.ts'

/** Longest question, in UTF-16 code units. */
export const MAX_QUESTION_CHARACTERS = 8192

/**
 * Earlier turns that an ask may include: their number, and the UTF-16 code units of one answer and of all turns
 * together.
 */
export const MAX_HISTORY_TURNS = 100
export const MAX_HISTORY_ANSWER_CHARACTERS = 32_768
export const MAX_HISTORY_CHARACTERS = 262_144

/** Throws `empty_question` or `question_too_long`. */
export function checkQuestion(question: string): void {
  if (question.trim() === '') {
    throw new ChatbotError('empty_question', 'The question is empty. Ask something in words.')
  }
  if (question.length > MAX_QUESTION_CHARACTERS) {
    throw new ChatbotError(
      'question_too_long',
      `The question has ${question.length} characters; at most ${MAX_QUESTION_CHARACTERS} are allowed. To search within a text, ingest it as a document.`,
    )
  }
}
