import { ChatbotError } from './errors.ts'

/** Longest question, in UTF-16 code units. */
export const MAX_QUESTION = 8192

/** Throws `empty_question` or `question_too_long`. */
export function checkQuestion(question: string): void {
  if (question.trim() === '') {
    throw new ChatbotError('empty_question', 'The question is empty. Ask something in words.')
  }
  if (question.length > MAX_QUESTION) {
    throw new ChatbotError(
      'question_too_long',
      `The question has ${question.length} characters; at most ${MAX_QUESTION} are allowed. To search in a text, ingest it as a document.`,
    )
  }
}
