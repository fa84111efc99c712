/** Answers without a language model: quotes the sentences that answer the question, or says that none does. */

import { ENOUGH } from '../../../models/calibration.ts'
import type { Citation } from '../../domain/answer.ts'
import { cosine } from '../../domain/cosine.ts'
import type { Embedder } from '../../ports/embedder.ts'
import type { GenerateInput, Generator, GeneratorEvent } from '../../ports/generator.ts'
import { KNOWLEDGE } from '../../text/language.ts'
import { candidatesOf } from './candidates.ts'
import { contradictionOf } from './contradiction.ts'
import { basisOf, confidence, evidenceOf } from './evidence.ts'
import { type Quote, quoteOf, quotesOf } from './quotes.ts'
import { compareWords, rank, shortlist } from './relevance.ts'

export interface ExtractiveOptions {
  readonly embedder: Embedder
}

/** Raised when the same question on the same passages gets another answer: cached ones are then not found. */
export const EXTRACTIVE_VERSION = 'extractive-3'

/**
 * The text is each quotation as it is stored, followed by its mark: `… [1]`, then `… [2]`; when two documents
 * contradict each other, a line before says so. What the passages say
 * is only ever quoted, so that an instruction in a document has no effect.
 */
export function extractiveGenerator({ embedder }: ExtractiveOptions): Generator {
  return {
    id: 'extractive',
    promptVersion: EXTRACTIVE_VERSION,
    async *generate(input: GenerateInput): AsyncIterable<GeneratorEvent> {
      const { quotes, differ } = await answer(embedder, input)
      if (quotes.length === 0) {
        yield { type: 'delta', text: KNOWLEDGE[input.language].replies.refusal }
        yield { type: 'end', refused: true, complete: true }
        return
      }
      if (differ) yield { type: 'delta', text: `${KNOWLEDGE[input.language].replies.contradiction}\n\n` }
      for (const [index, quote] of quotes.entries()) {
        const number = index + 1
        yield { type: 'delta', text: `${index === 0 ? '' : '\n\n'}${quote.text} [${number}]` }
        yield { type: 'citation', citation: citationOf(quote, number) }
      }
      yield { type: 'end', refused: false, complete: true }
    },
  }
}

interface Found {
  /** None: the passages do not hold an answer. */
  readonly quotes: readonly Quote[]
  /** Whether the quotes contradict each other. */
  readonly differ: boolean
}

const NOTHING: Found = { quotes: [], differ: false }

async function answer(embedder: Embedder, input: GenerateInput): Promise<Found> {
  const { standalone, questionVector, language, passages, signal } = input
  const compared = shortlist(compareWords(standalone, candidatesOf(passages)))
  if (compared.length === 0) return NOTHING
  const embeddings = await embedder.embed(
    compared.map(({ candidate }) => candidate.text.replace(/\s+/gu, ' ')),
    { as: 'passage', priority: 'question', signal },
  )
  const ranked = rank(
    compared,
    embeddings.map(({ vector }) => cosine(questionVector, vector)),
  )
  const [best] = ranked
  if (best === undefined) return NOTHING
  const basis = basisOf(language, best)
  if (confidence(basis, evidenceOf(standalone, passages, ranked)) <= 0) return NOTHING
  const other = contradictionOf(standalone, ranked)
  if (other !== undefined) return { quotes: [best, other].map(quoteOf), differ: true }
  return { quotes: quotesOf(ranked, ENOUGH[basis]), differ: false }
}

function citationOf({ passage, start, end, text, similarity }: Quote, number: number): Citation {
  const { document, uri, title, heading, page, line } = passage
  return {
    number,
    document,
    uri,
    title,
    start: passage.start + start,
    end: passage.start + end,
    text,
    score: Math.min(1, Math.max(0, similarity)),
    heading,
    page,
    line: line === undefined ? undefined : line + newlines(passage.text.slice(0, start)),
  }
}

const newlines = (text: string) => text.split('\n').length - 1
