import type { Replies } from '../knowledge.ts'

export const replies: Replies = {
  refusal: 'В документах нет ответа на этот вопрос.',
  unsure: 'В документах об этом прямо не сказано. Ближе всего:',
  contradiction: 'Документы говорят об этом разное:',
  earlier: (name) => (name === undefined ? 'Раньше:' : `Раньше, в ${name}:`),
  nothingIngested: 'Пока не загружено ни одного документа: chatbot ingest ПУТЬ.',
  searched: ({ query, collections, documents, isFiltered }) =>
    `Искали «${query}» в коллекциях: ${collections} (документов: ${documents}${isFiltered ? ', часть исключена фильтром' : ''}).`,
  nearest: (uri) => `Ближе всего ${uri}, но ответа там нет.`,
  advice: 'Попробуйте слова из самих документов, полное название или другую коллекцию.',
  citations: 'Источники',
  page: 'с.',
}
