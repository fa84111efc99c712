/** Sentences and blocks as statements that can be versions of each other. */
import type { Excerpt } from '../../domain/block.ts'
import { headingPath } from '../../text/paragraphs.ts'
import type { RankedBlock } from '../blocks/rank.ts'
import type { RankedSentence } from '../extractive/relevance.ts'
import type { Standing, Statement } from './in-force.ts'
import { asksOfProposals, standingOfBlock, standingOfSentence } from './standing.ts'

export function statementOfBlock(question: string): (item: RankedBlock) => Statement {
  const standing = granted(question)
  return ({ candidate: { units, introduction }, score }) => {
    const all = introduction === undefined ? units : [introduction, ...units]
    const [first] = all
    if (first === undefined) throw new Error('a candidate has no block')
    const { excerpt, block, leads } = first
    const standings = new Set(units.map((unit) => standing(standingOfBlock(excerpt, unit.block))))
    return {
      excerpt,
      headings: block.headings,
      text: all.map(({ text }) => text).join('\n'),
      about: [excerpt.title, ...block.headings, ...leads].join('. '),
      score,
      isField: units.every((unit) => unit.block.kind === 'field'),
      standing: standings.size === 1 ? ([...standings][0] ?? 'own') : 'own',
    }
  }
}

export function statementOfSentence(
  question: string,
  excerpts: readonly Excerpt[],
): (item: RankedSentence) => Statement {
  const standing = granted(question)
  return ({ candidate, probability }) => {
    const { passage, text, context } = candidate
    const excerpt = excerpts.find(({ document }) => document === passage.document) ?? unread(passage)
    const headings = headingPath(passage.heading)
    const [start, end] = [passage.start + candidate.start, passage.start + candidate.end]
    return {
      excerpt,
      headings,
      text,
      about: [excerpt.title, ...headings, context].join('. '),
      score: Math.log(probability),
      isField: false,
      standing: standing(standingOfSentence(excerpt, { start, end, text })),
    }
  }
}

/** Who asks about proposals may be answered with a rejected one. */
const granted = (question: string) => {
  const isAsked = asksOfProposals(question)
  return (standing: Standing): Standing => (standing === 'void' && isAsked ? 'own' : standing)
}

/** Of a document that was replaced since the search, nothing but its name is known. */
const unread = ({ document, uri, title }: RankedSentence['candidate']['passage']): Excerpt => ({
  ...{ document, uri, title, passages: [], blocks: [] },
  text: () => '',
})
