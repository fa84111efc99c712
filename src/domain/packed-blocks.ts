/** The blocks of a chunk in the form in which they are stored. */
import type { Block, BlockKind } from './block.ts'
import type { Chunk } from './document.ts'

type PackedSpan = readonly [start: number, end: number]

export interface PackedBlocks {
  /** Paths of sections that blocks stand in. */
  readonly paths: readonly (readonly string[])[]
  /** All that overlap the chunk, in the order of the document. */
  readonly blocks: readonly (readonly [
    kind: BlockKind,
    start: number,
    end: number,
    /** Index in `paths`. */
    path: number,
    page: number | null,
    group: PackedSpan | null,
    ...leads: readonly PackedSpan[],
  ])[]
  /** The white space between this chunk and the next one, if a block continues there. */
  readonly gap?: string | undefined
}

/** UTF-16 code units of a section's title. */
const MAX_TITLE_CHARACTERS = 200

export function packBlocks(blocks: readonly Block[], gap = ''): PackedBlocks {
  const paths: string[][] = []
  const indexes = new Map<string, number>()
  const indexOf = (headings: readonly string[]): number => {
    const path = headings.map((title) => title.slice(0, MAX_TITLE_CHARACTERS).toWellFormed())
    const key = JSON.stringify(path)
    const index = indexes.get(key) ?? paths.push(path) - 1
    indexes.set(key, index)
    return index
  }
  const packed = blocks.map(
    ({ kind, start, end, headings, page, group, leads }): PackedBlocks['blocks'][number] => [
      kind,
      start,
      end,
      indexOf(headings),
      page ?? null,
      group === undefined ? null : [group.start, group.end],
      ...leads.map((lead): PackedSpan => [lead.start, lead.end]),
    ],
  )
  return { paths, blocks: packed, gap: gap || undefined }
}

export const unpackBlocks = ({ paths, blocks }: PackedBlocks): Block[] =>
  blocks.map(([kind, start, end, path, page, group, ...leads]) => ({
    kind,
    start,
    end,
    headings: paths[path] ?? [],
    page: page ?? undefined,
    group: group === null ? undefined : { start: group[0], end: group[1] },
    leads: leads.map(([start, end]) => ({ start, end })),
  }))

/** Of chunks of one document, in its order; undefined if one of them was stored without any. */
export function blocksOfChunks(chunks: readonly Pick<Chunk, 'blocks'>[]): Block[] | undefined {
  const found: Block[] = []
  for (const { blocks } of chunks) {
    if (blocks === null) return undefined
    for (const block of unpackBlocks(blocks)) if (block.start >= (found.at(-1)?.end ?? 0)) found.push(block)
  }
  return found
}
