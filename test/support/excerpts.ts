import type { Passage } from '../../src/domain/answer.ts'
import type { Excerpt } from '../../src/domain/block.ts'
import { blocksOf } from '../../src/ingest/blocks/blocks.ts'
import { loadDocument } from '../../src/ingest/loaders/load.ts'
import { textIn } from '../../src/text/paragraphs.ts'
import { passage } from './passages.ts'

interface Found {
  readonly uri?: string | undefined
  /** Instead of what the document says. */
  readonly title?: string
  /** Texts that the passage begins and ends with; all of the document without any. */
  readonly first?: string | undefined
  readonly last?: string | undefined
}

/** One passage of a document of which all was read. */
export async function foundIn(
  source: string,
  { uri = 'a.md', first, last = first, ...given }: Found = {},
): Promise<{ readonly one: Passage; readonly excerpt: Excerpt }> {
  const document = await loadDocument(Buffer.from(source), uri, { maxTextLength: 100_000 })
  const { text, title } = { ...document, ...given }
  const start = first === undefined ? 0 : text.indexOf(first)
  const end = last === undefined ? text.length : text.indexOf(last) + last.length
  const one = passage(1, text.slice(start, end), { start, end, document: uri, uri, title })
  const excerpt = {
    ...{ document: uri, uri, title, passages: [one] },
    blocks: blocksOf(document),
    text: textIn([{ start: 0, end: text.length, text }]),
  }
  return { one, excerpt }
}
