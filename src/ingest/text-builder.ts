import type { Block, BlockKind } from '../domain/document.ts'

/** Writes the text of formats whose source does not read well: blocks apart by blank lines. */
export function createTextBuilder() {
  const parts: string[] = []
  const blocks: Block[] = []
  let length = 0
  const write = (part: string): void => {
    parts.push(part)
    length += part.length
  }
  return {
    /** Adds a block unless it is blank. */
    add(kind: BlockKind, text: string, headings: readonly string[]): void {
      if (text.trim() === '') return
      if (length > 0) write('\n\n')
      blocks.push({ kind, headings, start: length, end: length + text.length })
      write(text)
    },
    /** Adds another document's text with its blocks under `headings`. */
    append(
      inner: { readonly text: string; readonly blocks: readonly Block[] },
      headings: readonly string[],
    ): void {
      if (length > 0) write('\n\n')
      for (const block of inner.blocks)
        blocks.push({
          ...block,
          headings: [...headings, ...block.headings],
          start: length + block.start,
          end: length + block.end,
        })
      write(inner.text)
    },
    finish: (): { text: string; blocks: Block[] } => ({ text: parts.join(''), blocks }),
  }
}

export type TextBuilder = ReturnType<typeof createTextBuilder>
