/** Whether an answer contains its keys early, cited from a correct document. */
import type { Answer, Citation, Passage } from '../domain/answer.ts'
import { cut, type Part, partsOf } from './counted.ts'
import { isDocument } from './gold.ts'
import { type Comparing, meets } from './keys.ts'
import type { KeyedOutcome } from './outcome.ts'
import type { EvalQuestion } from './questions.ts'

/** Characters of an answer at a glance, and of a full one; `long` for lists, steps and several parts. */
const BOUNDS = { short: { early: 400, late: 900 }, long: { early: 1000, late: 1500 } }
const FIRST = 400
/** Between counted parts, so that no key matches across a gap. */
const GAP = '\n\n§\n\n'
const BETWEEN_PASSAGES = 2

type Judged = Pick<Answer, 'text' | 'certainty'> & {
  readonly citations: readonly Pick<Citation, 'number' | 'document' | 'uri'>[]
}
type Shown = Pick<Passage, 'document' | 'uri' | 'text'>

/** `passages` are the context of the answer. */
export function keyedOutcome(
  question: EvalQuestion,
  answer: Judged,
  passages: readonly Shown[],
): KeyedOutcome {
  const how: Comparing = { language: question.language, caseSensitive: question.caseSensitive }
  const fits = (text: string) => meets(text, question.must, how)
  const { early, late } = BOUNDS[question.long ? 'long' : 'short']
  const says = (text: string) => answer.certainty === 'answered' && fits(text)
  const parts = partsOf(answer.text, new Set(answer.citations.map(({ number }) => number)))
  const right = new Set(
    answer.citations.filter((cited) => isRight(question, cited)).map(({ number }) => number),
  )
  const isCitedRightly = ({ cited }: Part) => cited.some((number) => right.has(number))
  /** What of the first `most` characters is cited from a correct document. */
  const counted = (most: number) => {
    const shown = cut(answer.text, most)
    const own = parts.filter(isCitedRightly)
    return own.map(({ text, start }) => shown.slice(start, start + text.length)).join(GAP)
  }
  const [first] = parts
  const [head] = passages
  return {
    early: says(counted(early)),
    late: says(counted(late)),
    quoted: fits(counted(late)),
    first: says(first !== undefined && isCitedRightly(first) ? cut(first.text, FIRST) : ''),
    held: fits(pasted(question, passages, Number.POSITIVE_INFINITY)),
    pastedEarly: fits(pasted(question, passages, early)),
    pastedLate: fits(pasted(question, passages, late)),
    pastedFirst: head !== undefined && isRight(question, head) && fits(cut(head.text, FIRST)),
  }
}

/** Whether this is one of the documents that contain the answer. */
export const isRight = (
  { documents, also }: EvalQuestion,
  found: { readonly document: string; readonly uri: string },
): boolean =>
  [...documents, ...also.flatMap(({ document }) => document ?? [])].some((reference) =>
    isDocument(found, reference),
  )

/** The concatenated passages as if they were the answer, by the same rules. */
function pasted(question: EvalQuestion, passages: readonly Shown[], most: number): string {
  const right: string[] = []
  let left = most
  for (const passage of passages) {
    if (left <= 0) break
    if (isRight(question, passage)) right.push(cut(passage.text, left))
    left -= passage.text.length + BETWEEN_PASSAGES
  }
  return right.join(GAP)
}
