import type { Language } from '../domain/language.ts'

/** What an answer says when the documents do not hold one, in the question's language. */
export const REFUSALS: Readonly<Record<Language, string>> = {
  en: 'The documents do not hold an answer to this question.',
  ru: 'В документах нет ответа на этот вопрос.',
}

export interface Searched {
  readonly query: string
  /** Names, and the number of documents in all of them. */
  readonly collections: readonly string[]
  readonly documents: number
  /** Whether a filter left documents out. */
  readonly filtered: boolean
  /** Uri of the document that came closest. */
  readonly nearest?: string | undefined
}

/** What follows a refusal: what was searched, and what to try. */
export function refusalHelp(language: Language, searched: Searched): string {
  const { query, collections, documents, filtered, nearest } = searched
  const names = collections.join(', ')
  const asked = query.length > LONGEST_QUERY ? `${query.slice(0, LONGEST_QUERY)}…` : query
  if (language === 'ru') {
    if (documents === 0) return 'Пока не загружено ни одного документа: chatbot ingest ПУТЬ.'
    return [
      `Искали «${asked}» в коллекциях: ${names} (документов: ${documents}${filtered ? ', часть исключена фильтром' : ''}).`,
      nearest === undefined ? '' : `Ближе всего ${nearest}, но ответа там нет.`,
      'Попробуйте слова из самих документов, полное название или другую коллекцию.',
    ]
      .filter((sentence) => sentence !== '')
      .join(' ')
  }
  if (documents === 0) return 'No documents are indexed yet: chatbot ingest PATH.'
  return [
    `Searched for “${asked}” in ${documents} document${documents === 1 ? '' : 's'} of ${names}${filtered ? ', some of them left out by the filter' : ''}.`,
    nearest === undefined ? '' : `${nearest} came closest, but does not say.`,
    'Try words that the documents use, a full name, or another collection.',
  ]
    .filter((sentence) => sentence !== '')
    .join(' ')
}

const LONGEST_QUERY = 200
