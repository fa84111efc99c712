import { ChatbotError } from '../../../domain/errors.ts'

/** Nested elements: at 1,500 levels Readability takes most of a minute; honest pages have fewer than a hundred. */
const MAX_DEPTH = 256
/** Tags and entities: each becomes a node. */
const MAX_NODES = 1_000_000

/** Removed because linkedom's walk of a document ends at the doctype. */
const DOCTYPE = /<!doctype(?:(?!<!doctype)[^>])*>/giu
const NUMERIC = /&#(?:x([0-9a-f]{2,6})|(\d{3,7}));/giu
const TAG = /<(\/?)([a-z][a-z0-9-]*)(?![a-z0-9-])[^<>]*>/giu
/** Elements without an end tag, or often written without it. */
const UNCLOSED = new Set(
  'area base br col embed hr img input link meta param source track wbr p li td th tr dt dd option thead tbody tfoot'.split(
    ' ',
  ),
)

/**
 * Prepares a page so that its DOM can be built in linear time and walked to the end: numeric character references
 * become characters, and the doctype and tags nested too deeply are removed. `depth` is the deepest nesting left.
 * Throws `document_too_large` for more tags than memory could hold.
 */
export function tamedHtml(source: string): { page: string; depth: number } {
  const letters = source
    .replace(DOCTYPE, '')
    .replace(NUMERIC, (entity, hex: string | undefined, decimal: string | undefined) => {
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
      return code > 160 && code <= 0x10ffff ? String.fromCodePoint(code) : entity
    })
  let depth = 0
  let deepest = 0
  const shallow = letters.replace(TAG, (tag, end: string, name: string) => {
    if (UNCLOSED.has(name.toLowerCase()) || tag.endsWith('/>')) return tag
    if (end === '/') {
      depth = Math.max(0, depth - 1)
      return depth >= MAX_DEPTH ? ' ' : tag
    }
    deepest = Math.max(deepest, Math.min(++depth, MAX_DEPTH))
    return depth > MAX_DEPTH ? ' ' : tag
  })
  let nodes = 0
  for (let at = shallow.search(/[<&]/u); at >= 0 && at < shallow.length; at++) {
    const code = shallow.charCodeAt(at)
    if ((code === 60 || code === 38) && ++nodes > MAX_NODES)
      throw new ChatbotError(
        'document_too_large',
        `The page has more than ${MAX_NODES} tags. Split the file.`,
      )
  }
  return { page: shallow, depth: deepest }
}
