import { LRUCache } from 'lru-cache'
import type { LoadedDocument } from '../../domain/document.ts'
import type { Tokenizer } from '../../ports/embedder.ts'
import type { ChunkDraft } from './pack.ts'

/** Tokens of a title, a heading or a table's header above which it is cut or left out. */
const MAX_TITLE_TOKENS = 32
const MAX_PATH_TOKENS = 64
const MAX_TABLE_HEADER_TOKENS = 64

/** A file's name made by a machine, such as `a07-p3`, says nothing: Russian XQuAD, recall@5 0.988 with it, 0.992 without. */
const IDENTIFIER = /^(?=\S*\d)\S+$/u

/**
 * Makes what the embedder reads before a chunk: the document's title and the section path without the titles
 * that the chunk begins with itself, and the header of a table that the chunk continues.
 */
export function createContext(
  document: LoadedDocument,
  tokenizer: Tokenizer,
): (draft: ChunkDraft, text: string) => string {
  const title = IDENTIFIER.test(document.title) ? '' : shortened(document.title, tokenizer)
  /** The last ones: a section has many chunks. */
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
    // The innermost titles say most about the chunk: the outer ones go first when there are too many.
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
