import type { BlockHints, LoadedBlock, LoadedBlockKind } from '../../../domain/document.ts'

/** Builds the text of data formats, with blank lines between blocks; formats with headings use document-writer.ts. */
export function createTextBuilder() {
  const parts: string[] = []
  const blocks: LoadedBlock[] = []
  let length = 0
  const push = (part: string): void => {
    parts.push(part)
    length += part.length
  }
  const write = (
    kind: LoadedBlockKind,
    text: string,
    headings: readonly string[],
    page?: number,
    hints: BlockHints = {},
  ): void => {
    if (length > 0) push('\n\n')
    blocks.push({
      ...hints,
      kind,
      headings,
      start: length,
      end: length + text.length,
      page,
    })
    push(text)
  }
  return {
    /** Adds a block unless it is blank. */
    add(kind: LoadedBlockKind, text: string, headings: readonly string[]): void {
      if (text.trim() !== '') write(kind, text, headings)
    },
    /** Adds a block even if it is blank. */
    write,
    /** Adds another document's text with its blocks under `headings`. */
    append(
      inner: { readonly text: string; readonly blocks: readonly LoadedBlock[] },
      headings: readonly string[],
    ): void {
      if (length > 0) push('\n\n')
      for (const block of inner.blocks)
        blocks.push({
          ...block,
          headings: [...headings, ...block.headings],
          start: length + block.start,
          end: length + block.end,
        })
      push(inner.text)
    },
    length: () => length,
    finish: (): { text: string; blocks: LoadedBlock[] } => ({ text: parts.join(''), blocks }),
  }
}

export type TextBuilder = ReturnType<typeof createTextBuilder>
