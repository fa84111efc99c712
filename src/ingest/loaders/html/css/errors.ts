import { ChatbotError } from '../../../../domain/errors.ts'

/** A page whose styles cost more than any honest one's; `what` is a clause about them. */
export const tooComplicated = (what: string): ChatbotError =>
  new ChatbotError(
    'document_too_large',
    `Which text is hidden cannot be told: ${what}. Save the page without its styles.`,
  )
