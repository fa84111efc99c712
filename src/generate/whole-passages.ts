/** Quotes whole passages, for those who want more than the answer before. */
import type { Citation, Passage, Turn } from '../domain/answer.ts'
import { overlap } from '../domain/spans.ts'
import type { Generator, GeneratorEvent } from '../ports/generator.ts'
import { beginningEnd } from '../text/beginning.ts'
import { KNOWLEDGE } from '../text/language.ts'

const MAX_QUOTED_PASSAGES = 4
/** UTF-16 code units of one passage, and of all. */
const MAX_PASSAGE_CHARACTERS = 1000
const MAX_CHARACTERS = 2500

/** In the place of `generator`, which keeps its name. */
export function wholePassages({ id, promptVersion }: Pick<Generator, 'id' | 'promptVersion'>): Generator {
  return {
    id,
    promptVersion,
    async *generate({ passages, history, language }): AsyncIterable<GeneratorEvent> {
      let length = 0
      let number = 0
      for (const passage of citedFirst(passages, history.at(-1))) {
        const text = passage.text.slice(0, beginningEnd(passage.text, MAX_PASSAGE_CHARACTERS))
        if (number === MAX_QUOTED_PASSAGES || length + text.length > MAX_CHARACTERS) break
        number += 1
        length += text.length
        const mark = text.includes('\n') ? '\n\n' : ' '
        yield { type: 'delta', text: `${number === 1 ? '' : '\n\n'}${text}${mark}[${number}]` }
        yield { type: 'citation', citation: citationOf(passage, text, number) }
      }
      if (number === 0) yield { type: 'delta', text: KNOWLEDGE[language].replies.refusal }
      yield { type: 'end', certainty: number === 0 ? 'not_found' : 'answered', complete: true }
    },
  }
}

/** What surrounds the last answer stands before what was not quoted yet. */
function citedFirst(passages: readonly Passage[], last: Turn | undefined): Passage[] {
  const cited = (passage: Passage) =>
    (last?.citations ?? []).some(
      (citation) => citation.document === passage.document && overlap(citation, passage) > 0,
    )
  return [...passages.filter(cited), ...passages.filter((passage) => !cited(passage))]
}

const citationOf = (passage: Passage, text: string, number: number): Citation => {
  const { document, uri, title, start, heading, page, line, score } = passage
  return { number, document, uri, title, start, end: start + text.length, text, heading, page, line, score }
}
