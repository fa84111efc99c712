import type { Turn } from '../domain/answer.ts'
import { wholePassages } from '../generate/whole-passages.ts'
import { lastAnswerWish } from '../talk/last-answer.ts'
import { partsOf } from '../talk/parts.ts'
import { withoutCourtesies } from '../talk/small-talk.ts'
import { perhapsAbout, standaloneQuestion } from '../talk/standalone.ts'
import { roots } from '../text/content-words.ts'
import type { Ask, Rewritten } from './ask.ts'
import { findPassages } from './search.ts'
import type { StepContext } from './step.ts'

/**
 * Drops greetings and thanks around the question, makes a follow-up standalone (with the language model if the generator
 * has one, otherwise or on failure by rules), and finds the questions in it if there are several.
 */
export async function rewriteQuestion(ask: Ask, context: StepContext): Promise<Rewritten> {
  const { history, generator } = ask
  const question = withoutCourtesies(ask.question)
  if (history.length === 0) return { ...ask, standalone: question, parts: partsOf(question) }
  const again = askedAgain(ask, question)
  if (again !== undefined) return again
  const { principal, signal, spend, freeSlot } = context
  if (generator.rewrite !== undefined) freeSlot()
  const rewritten = await generator.rewrite?.(question, history, { asker: principal.id, signal, spend })
  const standalone = rewritten ?? (await byRules(ask, question, history, context))
  return { ...ask, standalone, parts: partsOf(standalone) }
}

/** The question before, if this one only wants its answer in another way. An engine that only quotes gives more of it. */
function askedAgain(ask: Ask, question: string): Rewritten | undefined {
  const last = ask.history.at(-1)
  const wish = lastAnswerWish(question)
  if (last === undefined || wish === undefined) return undefined
  const isQuoted = wish === 'more' && ask.generator.rewrite === undefined
  const generator = isQuoted ? wholePassages(ask.generator) : ask.generator
  return { ...ask, generator, standalone: last.searched ?? last.question, parts: undefined }
}

async function byRules(
  ask: Ask,
  question: string,
  history: readonly Turn[],
  context: StepContext,
): Promise<string> {
  const perhaps = perhapsAbout(question, history)
  if (perhaps === undefined) return standaloneQuestion(question, history)
  const wanted = roots(question)
  const [alone, about] = await Promise.all(
    [question, perhaps].map((query) => covering(ask, wanted, query, context)),
  )
  if (alone === undefined || about === undefined) return question
  const needsNoTopic = alone.best === about.best && alone.share === 1 && wanted.size > 1
  return about.share >= alone.share && !needsNoTopic ? perhaps : question
}

/** Passages in which the words of a question are looked for. */
const COVERING_PASSAGES = 3

interface Covering {
  /** The largest share of the words in one passage; the second passage counts half, and so on. */
  readonly share: number
  /** Id of the first passage. */
  readonly best: string | undefined
}

/** How well the passages that `query` finds cover these words. */
async function covering(
  ask: Ask,
  wanted: ReadonlySet<string>,
  query: string,
  { principal, ports, signal }: StepContext,
): Promise<Covering> {
  const { passages } = await findPassages(ports, principal, {
    question: query,
    language: ask.language,
    collections: ask.collections,
    settings: ask.retrieval,
    limit: COVERING_PASSAGES,
    signal,
    filter: ask.filter,
  })
  const shares = passages.map(({ title, heading = '', text }, index) => {
    const held = roots(`${title}\n${heading}\n${text}`)
    return [...wanted].filter((root) => held.has(root)).length / wanted.size / (index + 1)
  })
  return { share: Math.max(0, ...shares), best: passages[0]?.chunk }
}
