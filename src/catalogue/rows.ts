/** Counts and lists the rows of a table: all that have a value in a cell. Only of a table that is what was asked for. */
import { basename, extname } from 'node:path'
import type { Block } from '../domain/block.ts'
import type { Span } from '../domain/document.ts'
import type { CataloguedDocument } from '../ports/store/catalogue.ts'
import type { RowsRequest } from '../talk/document-requests.ts'
import { termId } from '../text/bm25.ts'
import { cellsOf } from '../text/cells.ts'
import type { CatalogueReplies } from '../text/knowledge.ts'
import { lexemes } from '../text/lexemes.ts'
import { chunkAt, type DocumentText, readDocument } from './document-text.ts'
import { type CatalogueReader, pathOf } from './reader.ts'
import { type CatalogueReply, composeReply, type Member } from './reply.ts'

const MAX_CANDIDATES = 20
const MAX_TABLE_CHUNKS = 4000
const MAX_ROWS = 40
/** Of a document's blocks without headings, those that are rows of one table: otherwise it is no table of the things. */
const MIN_ROWS_PART = 0.8

/** Undefined: there is not exactly one table of which it can be proved. */
export async function rowsReply(
  reader: CatalogueReader,
  { things, value }: RowsRequest,
  replies: CatalogueReplies,
): Promise<CatalogueReply | undefined> {
  const wanted = lexemes(things)
  const { store, principal, scope } = reader
  const found = await store.catalogue.named(principal, scope, wanted.map(termId), MAX_CANDIDATES)
  const tables: { read: DocumentText; rows: readonly Block[] }[] = []
  for (const document of found.filter((one) => isOf(one, wanted))) {
    const read = await readDocument(reader, document, MAX_TABLE_CHUNKS)
    const rows = read && tableOf(read)
    if (read !== undefined && rows !== undefined) tables.push({ read, rows })
  }
  const [only, ...others] = tables
  if (only === undefined || others.length > 0) return undefined
  const { read, rows } = only
  const matching = value === undefined ? rows : rows.filter((row) => hasCell(read, row, lexemes(value)))
  if (matching.length === 0) return undefined
  const name = pathOf(reader, read.document)
  return composeReply({
    head: replies.rows(matching.length, name, value && replies.quoted(value)),
    members: matching.flatMap((row) => memberOf(read, row)),
    maxMembers: MAX_ROWS,
    tail: (hidden) => (hidden.length > 0 ? [replies.more(hidden.length)] : []),
    quoted: (said) => said,
  })
}

/** Whether the name says that it is about these things and nothing else. */
function isOf({ uri, title }: CataloguedDocument, wanted: readonly string[]): boolean {
  return [title, basename(uri, extname(uri))].some((name) => {
    const said = lexemes(name)
    return said.length > 0 && wanted.every((lexeme) => said.includes(lexeme))
  })
}

/** The rows of the only table of a document that is little else. */
function tableOf({ blocks }: DocumentText): readonly Block[] | undefined {
  const content = blocks.filter(({ kind }) => kind !== 'heading')
  const rows = content.filter(({ kind, group }) => kind === 'row' && group !== undefined)
  const groups = new Set(rows.map(({ group }) => group?.start))
  if (groups.size !== 1 || rows.length < MIN_ROWS_PART * content.length) return undefined
  return rows.filter((row) => headerOf(row) !== undefined)
}

/** The row that names the columns. */
const headerOf = ({ group, leads }: Block): Span | undefined =>
  group && leads.find(({ start, end }) => start >= group.start && end <= group.end)

function hasCell({ text }: DocumentText, { start, end }: Block, wanted: readonly string[]): boolean {
  const whole = wanted.join(' ')
  return cellsOf(text.slice(start, end)).some((cell) => lexemes(cell).join(' ') === whole)
}

function memberOf(read: DocumentText, row: Block): Member[] {
  const { text } = read
  const chunk = chunkAt(read, row.start)
  const header = headerOf(row)
  if (chunk === undefined || header === undefined) return []
  const quote = ({ start, end }: Span) => ({ start, end, text: text.slice(start, end) })
  const { text: own, ...span } = quote(row)
  return [{ text: '', quotation: { chunk, span, text: own, spans: [quote(header), quote(row)] } }]
}
