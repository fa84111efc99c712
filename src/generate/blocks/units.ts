/** The units that answers are made of: the blocks of the passages found, with their leads. */
import type { Passage } from '../../domain/answer.ts'
import { type Block, type Excerpt, MAX_GROUP_CHARACTERS } from '../../domain/block.ts'
import type { Span } from '../../domain/document.ts'
import { overlap } from '../../domain/spans.ts'
import { codeParts } from '../../text/code-parts.ts'
import { roots } from '../../text/content-words.ts'
import { splitSentences } from '../../text/sentences.ts'

/** A block that may answer. */
export interface Unit {
  readonly excerpt: Excerpt
  /** The best passage that it belongs to. */
  readonly passage: Passage
  readonly block: Block
  readonly text: string
  /** Texts of its leads, outermost first. */
  readonly leads: readonly string[]
  /** Spans in `text`. */
  readonly sentences: readonly Span[]
}

/** Every block that passages touch, the rest of its list or table, and what it leads to; without headings. */
export function unitsOf(excerpts: readonly Excerpt[]): Unit[] {
  return excerpts.flatMap((excerpt) => {
    const touched = new Map<Block, Passage>()
    for (const passage of excerpt.passages)
      for (const block of excerpt.blocks)
        if (!touched.has(block) && overlap(block, passage) > 0) touched.set(block, passage)
    const groups = new Map<string, Passage>()
    for (const [{ group }, passage] of touched)
      if (group && group.end - group.start <= MAX_GROUP_CHARACTERS && !groups.has(keyOf(group)))
        groups.set(keyOf(group), passage)
    // Blocks that a touched block leads to belong to its passage.
    const openEnds = new Map([...touched].map(([{ end }, passage]) => [end, passage]))
    const ledTo = ({ leads }: Block) => leads.flatMap(({ end }) => openEnds.get(end) ?? [])[0]
    return excerpt.blocks.flatMap((block) => {
      const passage =
        touched.get(block) ??
        (block.group === undefined ? undefined : groups.get(keyOf(block.group))) ??
        ledTo(block)
      if (passage === undefined || block.kind === 'heading') return []
      const text = excerpt.text(block)
      if (!/[\p{L}\p{N}]/u.test(text)) return []
      return [
        {
          excerpt,
          passage,
          block,
          text,
          leads: block.leads.map(excerpt.text),
          sentences: partsOf(block, text),
        },
      ]
    })
  })
}

function partsOf({ kind }: Block, text: string): Span[] {
  if (kind === 'code') return codeParts(text)
  return kind === 'row' ? [{ start: 0, end: text.length }] : splitSentences(text)
}

const keyOf = ({ start, end }: Span): string => `${start} ${end}`

/**
 * Folder and file name of each unit's document, where the question has a word of theirs that the title lacks: what the
 * document is about. `asked`: roots of the question's words.
 */
export function subjectsInPaths(
  units: readonly Unit[],
  asked: ReadonlySet<string>,
): ReadonlyMap<Excerpt, readonly string[]> {
  const excerpts = new Set(units.map(({ excerpt }) => excerpt))
  return new Map(Array.from(excerpts, (excerpt) => [excerpt, subjectInPath(excerpt, asked)]))
}

function subjectInPath({ uri, title }: Excerpt, asked: ReadonlySet<string>): string[] {
  const known = roots(title)
  return uri
    .split('/')
    .slice(-2)
    .map((name) => name.replace(/\.\p{L}{1,8}$/u, '').replace(/[_-]+/gu, ' '))
    .filter((name) => [...roots(name)].some((root) => asked.has(root) && !known.has(root)))
}
