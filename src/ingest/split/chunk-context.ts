import { LRUCache } from 'lru-cache'
import type { LoadedDocument } from '../../domain/document.ts'
import type { Tokenizer } from '../../ports/embedder.ts'
import type { ChunkDraft } from './pack.ts'

/** Limits in tokens: longer titles and headings are cut, longer table headers left out. */
const MAX_TITLE_TOKENS = 32
const MAX_PATH_TOKENS = 64
const MAX_TABLE_HEADER_TOKENS = 64

/** Machine-made file names such as `a07-p3` only add noise: on Russian XQuAD, recall@5 is 0.988 with them, 0.992 without. */
const IDENTIFIER = /^(?=\S*\d)\S+$/u

/**
 * Makes the text that the embedder reads before a chunk: the document's title and the section path, without titles
 * that the chunk itself begins with, and the header of the table that the chunk continues.
 */
export function createContext(
  document: LoadedDocument,
  tokenizer: Tokenizer,
): (draft: ChunkDraft, text: string) => string {
  const title = IDENTIFIER.test(document.title) ? '' : shortened(document.title, tokenizer)
  /** Recent headings, shortened: the chunks of a section share them. */
  const short = new LRUCache<string, string>({ max: 1000 })
  const shortOf = (heading: string): string => {
    const known = short.get(heading) ?? shortened(heading, tokenizer)
    short.set(heading, known)
    return known
  }
  return (draft, text) => {
    const beginning = text.slice(0, 400)
    const path: string[] = []
    let room = MAX_PATH_TOKENS
    // Inner titles say the most about the chunk, so outer ones are dropped first.
    for (const heading of [title, ...draft.headings.map(shortOf)].toReversed()) {
      room -= tokenizer.count(heading)
      if (room < 0) break
      if (heading !== '' && !path.includes(heading) && !beginning.includes(heading)) path.unshift(heading)
    }
    const header = draft.tableHeader
    const context = path.length > 0 ? `${path.join(' › ')}\n\n` : ''
    return header && tokenizer.count(header) <= MAX_TABLE_HEADER_TOKENS ? `${context}${header}\n` : context
  }
}

function shortened(title: string, tokenizer: Tokenizer): string {
  if (tokenizer.count(title.slice(0, 1000)) <= MAX_TITLE_TOKENS && title.length <= 1000) return title
  const words = title.slice(0, 1000).split(/\s+/u)
  let kept = ''
  for (const word of words) {
    const longer = kept === '' ? word.slice(0, 40) : `${kept} ${word.slice(0, 40)}`
    if (tokenizer.count(longer) > MAX_TITLE_TOKENS) break
    kept = longer
  }
  return kept
}
