/** A document in outline: its headings, each with the sentences that say most of what the document is about. */
import type { Block } from '../domain/block.ts'
import type { Span } from '../domain/document.ts'
import { contentWords, roots } from '../text/content-words.ts'
import type { CatalogueReplies } from '../text/knowledge.ts'
import { oneLine } from '../text/lines.ts'
import { splitSentences } from '../text/sentences.ts'
import { chunkAt, type DocumentText } from './document-text.ts'
import { type CatalogueReader, pathOf } from './reader.ts'
import { type CatalogueReply, composeReply, type Member } from './reply.ts'

export const MAX_SUMMARY_CHUNKS = 600
/** Sections told; of a document with more, those of the upper levels. */
const MAX_SECTIONS = 10
/** Sentences of all sections together. */
const MAX_SENTENCES = 10
/** Sentences of one section that are weighed. */
const MAX_WEIGHED = 40
/** The first sentence of a section says what it is about more often than others. */
const FIRST_BONUS = 1.3
const MAX_HEADING_CHARACTERS = 80

interface Section {
  readonly title: string
  readonly depth: number
  readonly blocks: Block[]
}

export function summaryReply(
  reader: CatalogueReader,
  read: DocumentText,
  replies: CatalogueReplies,
): CatalogueReply {
  const { document, text } = read
  const all = sectionsOf(read)
  const told = upperSections(all).slice(0, MAX_SECTIONS)
  const weights = weightsOf(read)
  const each = Math.max(1, Math.floor(MAX_SENTENCES / Math.max(1, told.length)))
  const members = told.flatMap((section): Member[] => {
    const sentences = bestSentences(text, section, weights, each)
    const title = section.title === '' ? '' : `**${oneLine(section.title).slice(0, MAX_HEADING_CHARACTERS)}**`
    if (sentences.length === 0) return title === '' ? [] : [{ text: title }]
    return sentences.flatMap((span, at) => {
      const chunk = chunkAt(read, span.start)
      const quotation = chunk && { chunk, span, text: text.slice(span.start, span.end) }
      return quotation === undefined ? [] : [{ text: at === 0 ? title : '', quotation }]
    })
  })
  const hiddenSections = upperSections(all).length - told.length
  return composeReply({
    head: `**${oneLine(document.title)}** (${pathOf(reader, document)})`,
    members,
    maxMembers: MAX_SENTENCES + MAX_SECTIONS,
    tail: (hidden) => {
      const left = hiddenSections + hidden.filter(({ text }) => text !== '').length
      return left > 0 ? [replies.moreSections(left)] : []
    },
    quoted: (said) => said,
  })
}

function sectionsOf({ document, text, blocks }: DocumentText): Section[] {
  const first: Section = { title: '', depth: 0, blocks: [] }
  const sections = [first]
  for (const block of blocks) {
    if (block.kind === 'heading') {
      const title = oneLine(text.slice(block.start, block.end)).replace(/^[#=\s]+/u, '')
      // The document's own title heads all of it.
      if (sections.length === 1 && title === oneLine(document.title)) continue
      sections.push({ title, depth: block.headings.length + 1, blocks: [] })
    } else sections.at(-1)?.blocks.push(block)
  }
  return sections.filter(({ title, blocks }) => title !== '' || blocks.length > 0)
}

/** If there are too many, only those of the upper levels, with what stands under the others. */
function upperSections(sections: readonly Section[]): Section[] {
  const depths = [...new Set(sections.map(({ depth }) => depth))].sort((a, b) => a - b)
  const deepest =
    depths.findLast((depth) => sections.filter((one) => one.depth <= depth).length <= MAX_SECTIONS) ??
    depths.find((depth) => depth > 0) ??
    0
  const upper: Section[] = []
  for (const section of sections) {
    const above = upper.at(-1)
    if (section.depth > deepest && above !== undefined && above.depth > 0)
      above.blocks.push(...section.blocks)
    else upper.push({ ...section, blocks: [...section.blocks] })
  }
  return upper
}

/** How much a word counts: those that the document uses often, and those of its headings. */
function weightsOf({ blocks, text }: DocumentText): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { kind, start, end } of blocks)
    for (const { root } of contentWords(text.slice(start, end)))
      counts.set(root, (counts.get(root) ?? 0) + (kind === 'heading' ? 2 : 1))
  return new Map([...counts].map(([root, count]) => [root, Math.log(1 + count)]))
}

/** In their order. */
function bestSentences(
  text: string,
  { blocks }: Section,
  weights: ReadonlyMap<string, number>,
  count: number,
): Span[] {
  const prose = blocks.filter(({ kind }) => kind !== 'row' && kind !== 'code' && kind !== 'field')
  const weighed = (prose.length > 0 ? prose : blocks)
    .slice(0, MAX_WEIGHED)
    .flatMap((block) => sentencesOf(text, block))
    .slice(0, MAX_WEIGHED)
    .map((span, at) => {
      const words = [...roots(text.slice(span.start, span.end))]
      const sum = words.reduce((weight, root) => weight + (weights.get(root) ?? 0), 0)
      // Long sentences hold more words, short ones say too little.
      return { span, score: (sum / Math.sqrt(words.length + 4)) * (at === 0 ? FIRST_BONUS : 1) }
    })
  return weighed
    .toSorted((left, right) => right.score - left.score)
    .slice(0, count)
    .map(({ span }) => span)
    .sort((left, right) => left.start - right.start)
}

function sentencesOf(text: string, { kind, start, end }: Block): Span[] {
  const own = text.slice(start, end)
  const spans = kind === 'row' || kind === 'code' ? [{ start: 0, end: own.length }] : splitSentences(own)
  return spans.map((span) => ({ start: start + span.start, end: start + span.end }))
}
