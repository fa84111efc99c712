import type { Language } from '../domain/language.ts'

/** What an answer says when the documents do not hold one, in the question's language. */
export const REFUSALS: Readonly<Record<Language, string>> = {
  en: 'The documents do not hold an answer to this question.',
  ru: 'В документах нет ответа на этот вопрос.',
}
