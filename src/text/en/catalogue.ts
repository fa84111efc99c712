import type { CatalogueReplies } from '../knowledge.ts'

const PLURALS = new Intl.PluralRules('en')
const plural = (count: number, one: string, other: string): string =>
  PLURALS.select(count) === 'one' ? one : other
const documents = (count: number): string => `${count} ${plural(count, 'document', 'documents')}`

export const catalogue: CatalogueReplies = {
  quoted: (text) => `“${text}”`,
  overview: (count) => `There ${plural(count, 'is', 'are')} ${documents(count)} to ask about:`,
  count: (count) => `${documents(count)} ${plural(count, 'is', 'are')} indexed.`,
  inCollection: (name) => `collection ${name}`,
  besideFolders: 'not in a folder',
  moreFolders: (folders, count) =>
    `… and ${folders} more ${plural(folders, 'folder', 'folders')} with ${documents(count)}.`,
  more: (members) => `… and ${members} more.`,
  seeAll: (command) => `To see all: \`${command}\``,
  seeMore: (command) => `To see more passages: \`${command}\``,
  mentions: (count, all, subject) =>
    `${count} of ${documents(all)} ${plural(count, 'mentions', 'mention')} ${subject}:`,
  about: (count, subject, named) => {
    if (named === 0) return `${documents(count)} ${plural(count, 'mentions', 'mention')} ${subject}:`
    const has = `${documents(named)} ${plural(named, 'has', 'have')} ${subject} in the name or a heading`
    return named === count
      ? `${has}:`
      : `${has}, ${count - named} more ${plural(count - named, 'mentions', 'mention')} it:`
  },
  noMention: (subject) => `No document mentions ${subject}.`,
  wordsApart: (count, subject) =>
    `No document has ${subject} word for word; ${documents(count)} ${plural(count, 'has', 'have')} all these words in one passage:`,
  sameRoot: (count, subject) =>
    `No document has exactly the word ${subject}; ${documents(count)} ${plural(count, 'has', 'have')} words of its root:`,
  onlyInName: (count, subject) =>
    `No text mentions ${subject}, but ${documents(count)} ${plural(count, 'has', 'have')} it in the name:`,
  beingIndexed: (count) =>
    `${documents(count)} still being indexed ${plural(count, 'is', 'are')} not counted.`,
  notAll: 'This may not be all: there are too many to read each.',
  whichDocument:
    'Which document do you mean? Name its file, its title or its date, for example: summarise handbook.md. To see which there are, ask: what documents do you have?',
  severalDocuments: (count) => `${documents(count)} may be meant. Which one?`,
  moreSections: (sections) => `… and ${sections} more ${plural(sections, 'section', 'sections')}.`,
  author: (document, author) => `${author} is given as the author of ${document}.`,
  date: (document, date) => `${document} is dated ${date}.`,
  fileDate: (document, date) => `${document} tells no date; its file was last changed on ${date}.`,
  version: (document, version) => `${document} is version ${version}.`,
  length: (document, words, pages) =>
    `${document} has about ${words} ${plural(words, 'word', 'words')}${pages === undefined ? '' : ` on ${pages} ${plural(pages, 'page', 'pages')}`}.`,
  writtenBy: (count, author) =>
    `${documents(count)} ${plural(count, 'names', 'name')} ${author} as the author:`,
  publishedIn: (count, when) => `${documents(count)} ${plural(count, 'is', 'are')} dated ${when}:`,
  rows: (count, document, value) =>
    `${count} ${plural(count, 'row', 'rows')} of ${document}${value === undefined ? '' : ` ${plural(count, 'has', 'have')} ${value}`}:`,
}
