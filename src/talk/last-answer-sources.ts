import type { Citation } from '../domain/answer.ts'
import type { Language } from '../domain/language.ts'
import { citationPlace } from '../text/citation-place.ts'
import { KNOWLEDGE } from '../text/language.ts'

/** A list of what an answer was quoted from, with its marks: `- Handbook › Leave (handbook.md, p. 3) [1]`. */
export function sourcesOf(citations: readonly Citation[], language: Language): string {
  const { replies } = KNOWLEDGE[language]
  const lines = citations.map((citation) => {
    const { number, title, heading } = citation
    const place = citationPlace(citation, replies)
    const section = heading === undefined || heading === title ? '' : ` › ${heading}`
    return `- ${title}${section} (${place}) [${number}]`
  })
  return [`${replies.citations}:`, ...lines].join('\n')
}
