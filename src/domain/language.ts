export type Language = 'en' | 'ru'

const CYRILLIC = /\p{Script=Cyrillic}/gu
const LATIN = /\p{Script=Latin}/gu

/** The language of a text by its script: Russian when Cyrillic letters are at least as many as Latin ones. */
export function detectLanguage(text: string): Language {
  const sample = text.length > 4000 ? text.slice(0, 4000) : text
  const cyrillic = sample.match(CYRILLIC)?.length ?? 0
  const latin = sample.match(LATIN)?.length ?? 0
  return cyrillic > 0 && cyrillic >= latin ? 'ru' : 'en'
}
