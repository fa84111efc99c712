import { ChatbotError } from '../../../../domain/errors.ts'

/** The error for a page whose styles cost more than any honest page's; `what` is a clause about them. */
export const tooComplicated = (what: string): ChatbotError =>
  new ChatbotError(
    'document_too_large',
    `Hidden text cannot be found: ${what}. Save the page without its styles.`,
  )
