/** Texts as PostgreSQL regular expressions that ignore case. */
import { letterForms } from '../../text/fold.ts'

/**
 * Matches the text in any case, and with the letters that folding makes equal. Classes name the letters, because the
 * database's own notion of case depends on its locale.
 */
export const literalRegex = (text: string): string => Array.from(text.normalize('NFC'), letterRegex).join('')

/** The same for words with any white space between them. */
export const phraseRegex = (text: string): string => text.trim().split(/\s+/u).map(literalRegex).join('\\s+')

function letterRegex(letter: string): string {
  const forms = letterForms(letter)
  return forms.length > 1 ? `[${forms.join('')}]` : letter.replace(/[\\^$.|?*+()[\]{}]/u, '\\$&')
}
