import type { Citation } from '../domain/answer.ts'
import type { Language } from '../domain/language.ts'
import { KNOWLEDGE } from '../text/language.ts'

/** A list of what an answer was quoted from, with its marks: `- Handbook › Leave (handbook.md, p. 3) [1]`. */
export function sourcesOf(citations: readonly Citation[], language: Language): string {
  const { replies } = KNOWLEDGE[language]
  const lines = citations.map(({ number, title, heading, uri, page }) => {
    const place = page === undefined ? uri : `${uri}, ${replies.page} ${page}`
    const section = heading === undefined || heading === title ? '' : ` › ${heading}`
    return `- ${title}${section} (${place}) [${number}]`
  })
  return [`${replies.citations}:`, ...lines].join('\n')
}
