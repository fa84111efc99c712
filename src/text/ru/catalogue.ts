import type { CatalogueReplies } from '../knowledge.ts'

const PLURALS = new Intl.PluralRules('ru')
const plural = (count: number, one: string, few: string, many: string): string => {
  const form = PLURALS.select(count)
  if (form === 'one') return one
  return form === 'few' ? few : many
}
const documents = (count: number): string =>
  `${count} ${plural(count, 'документ', 'документа', 'документов')}`
const inDocuments = (count: number): string =>
  `в ${count} ${plural(count, 'документе', 'документах', 'документах')}`

export const catalogue: CatalogueReplies = {
  quoted: (text) => `«${text}»`,
  overview: (count) =>
    `Спрашивать можно о ${count} ${plural(count, 'документе', 'документах', 'документах')}:`,
  count: (count) => `Всего загружено и доступно для вопросов: ${documents(count)}.`,
  inCollection: (name) => `коллекция ${name}`,
  besideFolders: 'вне папок',
  moreFolders: (folders, count) =>
    `… и ещё ${folders} ${plural(folders, 'папка', 'папки', 'папок')}, в них ${documents(count)}.`,
  more: (members) => `… и ещё ${members}.`,
  seeAll: (command) => `Полный список покажет команда \`${command}\`.`,
  seeMore: (command) => `Больше отрывков покажет команда \`${command}\`.`,
  mentions: (count, all, subject) => `${subject} упоминается ${inDocuments(count)} из ${all}:`,
  about: (count, subject, named) => {
    if (named === 0) return `${subject} упоминается ${inDocuments(count)}:`
    const has = `${subject} есть в названии или заголовке: ${documents(named)}`
    return named === count ? `${has}:` : `${has}; в тексте — ещё ${count - named}:`
  },
  noMention: (subject) => `Нет ни одного документа, где упоминается ${subject} (0).`,
  wordsApart: (count, subject) =>
    `Дословно ${subject} нигде нет; все эти слова в одном отрывке есть ${inDocuments(count)}:`,
  sameRoot: (count, subject) => `Самого слова ${subject} нет; однокоренные слова есть ${inDocuments(count)}:`,
  onlyInName: (count, subject) =>
    `В тексте ${subject} не упоминается, но есть в названии: ${documents(count)}:`,
  beingIndexed: (count) => `Ещё не учтены документы, которые индексируются: ${count}.`,
  notAll: 'Возможно, это не все: их слишком много, чтобы прочитать каждый.',
  whichDocument:
    'О каком документе речь? Назовите файл, заголовок или дату, например: перескажи handbook.md. Какие документы есть, подскажет вопрос: какие документы у тебя есть?',
  severalDocuments: (count) => `Подходит ${documents(count)}. Какой из них?`,
  moreSections: (sections) => `… и ещё ${sections} ${plural(sections, 'раздел', 'раздела', 'разделов')}.`,
  author: (document, author) => `Автором документа ${document} указан(а) ${author}.`,
  date: (document, date) => `Документ ${document} датирован ${date}.`,
  fileDate: (document, date) => `В документе ${document} дата не указана; файл изменён ${date}.`,
  version: (document, version) => `Версия документа ${document}: ${version}.`,
  length: (document, words, pages) =>
    `В документе ${document} примерно ${words} ${plural(words, 'слово', 'слова', 'слов')}${pages === undefined ? '' : ` на ${pages} ${plural(pages, 'странице', 'страницах', 'страницах')}`}.`,
  writtenBy: (count, author) => `Автором указан(а) ${author}: ${documents(count)}:`,
  publishedIn: (count, when) => `Датой ${when} отмечены ${documents(count)}:`,
  rows: (count, document, value) =>
    `${count} ${plural(count, 'строка', 'строки', 'строк')} в документе ${document}${value === undefined ? '' : `, где указано ${value}`}:`,
}
