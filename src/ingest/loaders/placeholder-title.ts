import { ofAll } from '../../text/all-languages.ts'

const PLACEHOLDERS = new Set(ofAll(({ documents }) => documents.placeholderTitles))

/** Whether a program gave this title to a document without one: `(Untitled)`, `Microsoft Word - report.doc`. */
export const isPlaceholderTitle = (title: string): boolean =>
  PLACEHOLDERS.has(title.replace(/^\(|\)$/gu, '').toLowerCase()) || /^microsoft \w+ - /iu.test(title)
