import type { Block } from '../../domain/document.ts'
import { lines, trimmed } from '../../text/lines.ts'
import { fileTitle, type TextLoader } from './loader.ts'

export const text = {
  reads: 'text',
  name: 'text',
  extensions: ['txt', 'text', 'log', 'adoc', 'org'],
  load(source, uri) {
    return {
      title: fileTitle(uri),
      mediaType: 'text/plain',
      text: source,
      blocks: paragraphs(source, 0),
      linesMatchFile: true,
    }
  },
} satisfies TextLoader

/** What stands between blank lines of `source` from offset `from` on. */
export function paragraphs(source: string, from: number): Block[] {
  const blocks: Block[] = []
  let open: number | undefined
  const close = (end: number) => {
    if (open !== undefined)
      blocks.push({ kind: 'paragraph', headings: [], ...trimmed(source, { start: open, end }) })
    open = undefined
  }
  for (const { start, end } of lines(source, from)) {
    if (source.slice(start, end).trim() === '') close(start)
    else open ??= start
  }
  close(source.length)
  return blocks
}
