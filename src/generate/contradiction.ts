/** Two documents that answer with different values: both are shown. */
import { detectLanguage } from '../domain/language.ts'
import type { Ranked } from './relevance.ts'
import { stems, type Term, terms } from './words.ts'

/** How much less similar to the question the other statement may be. */
const NEARLY_AS_SIMILAR = 0.05
/** Share of the words of two statements, values aside, that they have in common. */
const SAME_STATEMENT = 0.5
/** Share of the question's words that the other statement has, with its heading. */
const ON_THE_QUESTION = 0.5

/**
 * The best sentence of another document that says the same of something else: with other numbers, or in otherwise
 * the same words with other names. Undefined when the documents agree, or say different things.
 */
export function contradictionOf(question: string, ranked: readonly Ranked[]): Ranked | undefined {
  const [best, ...others] = ranked
  if (best === undefined) return undefined
  const asked = stems(question)
  const said = statementOf(best, asked)
  return others.find((other) => {
    if (other.candidate.passage.document === best.candidate.passage.document) return false
    if (!comparable(best.candidate.text, other.candidate.text)) return false
    if (other.features.similarity < best.features.similarity - NEARLY_AS_SIMILAR) return false
    const about = stems(`${other.candidate.context} ${other.candidate.text}`)
    if (common(asked, about) < ON_THE_QUESTION * asked.size) return false
    return contradict(said, statementOf(other, asked))
  })
}

/** Rows of tables say too little alone, and another language has other words for the same. */
const comparable = (a: string, b: string) =>
  !a.includes('|') && !b.includes('|') && detectLanguage(a) === detectLanguage(b)

interface Statement {
  readonly words: ReadonlySet<string>
  /** Numbers that the question does not have, each with the word behind it: `14 day`. */
  readonly numbers: ReadonlySet<string>
  readonly names: ReadonlySet<string>
}

function statementOf({ candidate }: Ranked, asked: ReadonlySet<string>): Statement {
  const said = terms(candidate.text)
  const fresh = (kind: Term['kind']) => said.filter((term) => term.kind === kind && !asked.has(term.stem))
  return {
    words: new Set(said.filter(({ kind }) => kind === 'word').map(({ stem }) => stem)),
    numbers: new Set(
      fresh('number').map((term) => `${term.stem} ${said[said.indexOf(term) + 1]?.stem ?? ''}`),
    ),
    names: new Set(fresh('name').map(({ stem }) => stem)),
  }
}

function contradict(a: Statement, b: Statement): boolean {
  if (common(a.words, b.words) < SAME_STATEMENT * Math.max(1, Math.min(a.words.size, b.words.size)))
    return false
  if (a.numbers.size > 0 && b.numbers.size > 0) {
    return common(a.numbers, b.numbers) < Math.min(a.numbers.size, b.numbers.size)
  }
  return a.names.size > 0 && b.names.size > 0 && common(a.names, b.names) === 0
}

const common = (a: ReadonlySet<string>, b: ReadonlySet<string>) => [...a].filter((item) => b.has(item)).length
