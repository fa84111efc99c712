/** Markdown of an answer as elements of the page. Made one by one: what a document says is text, never HTML. */
import { Lexer } from './marked.js'

/** @typedef {import('./marked.js').Token} Token */
/** @typedef {import('./marked.js').MarkedToken} MarkedToken */
/** @typedef {import('./marked.js').Tokens.Table} Table */
/** @typedef {import('./marked.js').Tokens.ListItem} ListItem */

/** A row is filled up to as many cells as the header has, which multiplies with the rows. */
const MAX_COLUMNS = 100
const TOO_DEEP = /(?:> ?){24}/

/**
 * @param {string} text
 * @returns {Node[]}
 */
export function markdown(text) {
  const isTooWide = text.split('\n').some((line) => line.split('|').length > MAX_COLUMNS)
  try {
    if (!isTooWide && !TOO_DEEP.test(text)) return nodes(new Lexer({ gfm: true }).lex(text))
  } catch {
    // Nested too deep for the parser: it is text.
  }
  return [made('pre', [text])]
}

/**
 * @param {readonly Token[]} tokens
 * @returns {Node[]}
 */
const nodes = (tokens) => tokens.flatMap((token) => (isKnown(token) ? node(token) : [plain(token.raw)]))

const KNOWN = new Set(
  'blockquote br checkbox code codespan def del em escape heading hr html image link list list_item paragraph space strong table text'.split(
    ' ',
  ),
)

/**
 * Whether the token is one of the parser's own, whose fields are typed.
 * @param {Token} token
 * @returns {token is MarkedToken}
 */
const isKnown = (token) => KNOWN.has(token.type)

/**
 * @param {MarkedToken} token
 * @returns {Node[]}
 */
function node(token) {
  switch (token.type) {
    case 'space':
    case 'def':
    case 'checkbox':
      return []
    case 'heading':
      // The page has headings of its own above.
      return [made(`h${Math.min(6, token.depth + 2)}`, nodes(token.tokens))]
    case 'paragraph':
      return [made('p', nodes(token.tokens))]
    case 'code':
      return [made('pre', [made('code', [token.text])])]
    case 'blockquote':
      return [made('blockquote', nodes(token.tokens))]
    case 'list': {
      const list = made(token.ordered ? 'ol' : 'ul', token.items.map(item))
      if (token.ordered && token.start !== 1) list.setAttribute('start', `${token.start}`)
      return [list]
    }
    case 'table':
      return [table(token)]
    case 'hr':
      return [made('hr', [])]
    case 'strong':
    case 'em':
    case 'del':
      return [made(token.type, nodes(token.tokens))]
    case 'codespan':
      return [made('code', [token.text])]
    case 'br':
      return [made('br', [])]
    case 'link':
      return [link(token.href, nodes(token.tokens))]
    case 'image':
      return [link(token.href, [plain(token.text === '' ? token.href : token.text)])]
    case 'text':
      return 'tokens' in token && token.tokens !== undefined
        ? nodes(token.tokens)
        : [plain(decoded(token.text))]
    case 'escape':
      return [plain(token.text)]
    default:
      return [plain(token.raw)]
  }
}

/** @param {ListItem} item */
function item({ task, checked, tokens }) {
  const entry = made('li', task ? [`${checked ? '☑' : '☐'} `, ...nodes(tokens)] : nodes(tokens))
  if (task) entry.className = 'task'
  return entry
}

/** @param {Table} table */
function table({ header, rows }) {
  /** @param {typeof header} cells @param {string} name */
  const row = (cells, name) =>
    made(
      'tr',
      cells.map(({ align, tokens }) => {
        const cell = made(name, nodes(tokens))
        if (align !== null) cell.className = align
        return cell
      }),
    )
  const head = made('thead', [row(header, 'th')])
  const body = made(
    'tbody',
    rows.map((cells) => row(cells, 'td')),
  )
  const scrolled = made('div', [made('table', [head, body])])
  scrolled.className = 'table'
  return scrolled
}

/**
 * A document decides where it leads: only to a web page or an address to write to, which learn nothing of this page.
 * @param {string} href
 * @param {readonly Node[]} label
 */
function link(href, label) {
  if (!/^(?:https?:\/\/|mailto:)/i.test(href)) return made('span', [...label, plain(` (${href})`)])
  const shown = made('a', label)
  shown.setAttribute('href', href)
  shown.setAttribute('title', href)
  shown.setAttribute('target', '_blank')
  shown.setAttribute('rel', 'noopener noreferrer')
  return shown
}

/**
 * @param {string} name
 * @param {readonly (Node | string)[]} content
 */
function made(name, content) {
  const element = document.createElement(name)
  element.append(...content)
  return element
}

/** @param {string} text */
const plain = (text) => document.createTextNode(text)

/** @type {Readonly<Record<string, string>>} */
const ENTITIES = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&nbsp;': '\u00a0',
}

/** @param {string} text */
const decoded = (text) =>
  text.replace(/&(?:amp|lt|gt|quot|#39|nbsp);/g, (entity) => ENTITIES[entity] ?? entity)
