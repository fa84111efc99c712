/** Who wrote a document, when, which version, how long: as it says of itself. */
import { extname } from 'node:path'
import type { CataloguedDocument } from '../ports/store/catalogue.ts'
import type { MetadataRequest } from '../talk/document-requests.ts'
import { datesIn, rangeOf } from '../text/asked-dates.ts'
import { foldCase } from '../text/fold.ts'
import type { CatalogueReplies } from '../text/knowledge.ts'
import { lexemes } from '../text/lexemes.ts'
import { lines, oneLine, trimmed } from '../text/lines.ts'
import { splitSentences } from '../text/sentences.ts'
import { chunkAt, type DocumentText, readDocument } from './document-text.ts'
import { datesOf } from './names.ts'
import { type CatalogueReader, pathOf, type Quotation, quotationOf, readChunks } from './reader.ts'
import { type CatalogueReply, composeReply } from './reply.ts'

const AUTHOR_KEYS = [
  'author',
  'authors',
  'from',
  'creator',
  'dc.creator',
  'by',
  'article:author',
  'author.name',
]
/** What programs write where nobody gave an author. */
const PROGRAMS =
  /^(?:openpyxl|python-docx|apache poi|microsoft office user|user|unknown|anonymous|admin|author)$/iu
const VERSION_KEYS = ['version', 'revision', 'edition', 'release']
const MAX_TEXT_CHUNKS = 2000
/** UTF-16 code units at its beginning, where a document says who wrote it. */
const BEGINNING_CHARACTERS = 4000
/** Documents that say something of themselves, which are read. */
const MAX_DESCRIBED = 5000

/** Undefined: the document does not say it. */
export async function metadataReply(
  reader: CatalogueReader,
  document: CataloguedDocument,
  asked: MetadataRequest['asked'],
  replies: CatalogueReplies,
): Promise<CatalogueReply | undefined> {
  const { metadata, modifiedAt } = document
  const name = `${replies.quoted(oneLine(document.title))} (${pathOf(reader, document)})`
  const say = async (text: string, value: string) => {
    const quotation = await quotationOfValue(reader, document, value)
    const isQuoted = value !== '' && quotation !== undefined
    return composeReply({
      head: text,
      source: isQuoted ? undefined : quotation,
      members: isQuoted ? [{ text: '', quotation }] : [],
      quoted: replies.quoted,
    })
  }
  switch (asked) {
    case 'author': {
      const author = fieldOf(metadata, AUTHOR_KEYS)
      return author === undefined || PROGRAMS.test(author)
        ? undefined
        : say(replies.author(name, oneLine(author)), author)
    }
    case 'version': {
      const version = fieldOf(metadata, VERSION_KEYS)
      return version === undefined ? undefined : say(replies.version(name, oneLine(version)), version)
    }
    case 'date': {
      const [own] = datesOf(metadata)
      if (own !== undefined) return say(replies.date(name, dayOf(own.value)), own.value)
      if (modifiedAt === null || statesDate(metadata)) return undefined
      return say(replies.fileDate(name, modifiedAt.toISOString().slice(0, 10)), '')
    }
    case 'length': {
      const read = await readDocument(reader, document, MAX_TEXT_CHUNKS)
      if (read === undefined) return undefined
      const words = read.text.match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu)?.length ?? 0
      const pages = read.chunks.findLast(({ page }) => page !== undefined)?.page
      return say(replies.length(name, words, pages), '')
    }
  }
}

const statesDate = (metadata: CataloguedDocument['metadata']): boolean => datesOf(metadata).length > 0

const fieldOf = (metadata: CataloguedDocument['metadata'], keys: readonly string[]): string | undefined =>
  keys.map((key) => metadata[key]).find((value) => value !== undefined && value.trim() !== '')

/** Without the time of day. */
const dayOf = (date: string): string => /^\d{4}-\d\d-\d\d(?=T|\s)/u.exec(date)?.[0] ?? oneLine(date)

/** The line at the beginning of the document that has the value; else its first sentence. */
async function quotationOfValue(
  reader: CatalogueReader,
  document: CataloguedDocument,
  value: string,
): Promise<Quotation | undefined> {
  const read = await readBeginning(reader, document)
  if (read === undefined) return undefined
  const { text } = read
  const wanted = foldCase(dayOf(value))
  const line = [...lines(text.slice(0, BEGINNING_CHARACTERS))].find(
    ({ start, end }) => wanted !== '' && foldCase(text.slice(start, end)).includes(wanted),
  )
  const span =
    line === undefined ? splitSentences(text.slice(0, BEGINNING_CHARACTERS))[0] : trimmed(text, line)
  const chunk = span && chunkAt(read, span.start)
  return chunk && span && { chunk, span, text: text.slice(span.start, span.end) }
}

async function readBeginning(
  reader: CatalogueReader,
  document: CataloguedDocument,
): Promise<DocumentText | undefined> {
  const [first] = await readChunks(reader, { document: document.id }, 1)
  if (first === undefined) return undefined
  if (document.length > MAX_READ_CHARACTERS)
    return { document, text: ' '.repeat(first.start) + first.text, chunks: [first], blocks: [] }
  const { text } = await reader.store.documents.text(reader.principal, document.id)
  return { document, text, chunks: [first], blocks: [] }
}

/** UTF-16 code units of a document that is read for its beginning. */
const MAX_READ_CHARACTERS = 2_000_000

/** The documents that name this author; undefined if none does. */
export async function writtenByReply(
  reader: CatalogueReader,
  author: string,
  replies: CatalogueReplies,
): Promise<CatalogueReply | undefined> {
  const described = await allDescribed(reader, {})
  const wanted = lexemes(author).toSorted().join(' ')
  const own = described?.filter(({ metadata }) =>
    (fieldOf(metadata, AUTHOR_KEYS) ?? '')
      .split(/[,;&]/u)
      .some((name) => lexemes(name).toSorted().join(' ') === wanted),
  )
  if (own === undefined || own.length === 0) return undefined
  return listOf(reader, own, replies.writtenBy(own.length, author), replies)
}

/** The documents that say that they are of this time, and have these words in their names. */
export async function publishedInReply(
  reader: CatalogueReader,
  { things, when }: { readonly things: string; readonly when: string },
  replies: CatalogueReplies,
): Promise<CatalogueReply | undefined> {
  const [asked, ...others] = datesIn(when)
  const range = asked && rangeOf(asked.date)
  if (range === undefined || others.length > 0) return undefined
  const described = await allDescribed(reader, range)
  const words = lexemes(things)
  const own = described?.filter(({ metadata, uri, title }) => {
    const said = new Set(lexemes(`${title}\n${uri.split('/').slice(-2).join('\n')}\n${extname(uri)}`))
    return statesDate(metadata) && words.every((word) => said.has(word))
  })
  if (own === undefined || own.length === 0) return undefined
  return listOf(reader, own, replies.publishedIn(own.length, when), replies)
}

/** Undefined if there are too many. */
async function allDescribed(
  { store, principal, scope }: CatalogueReader,
  range: { readonly from?: Date; readonly before?: Date },
): Promise<CataloguedDocument[] | undefined> {
  const found = await store.catalogue.described(principal, scope, { ...range, limit: MAX_DESCRIBED })
  return found.length === MAX_DESCRIBED ? undefined : found
}

/** Members that are listed with a quotation of each. */
const MAX_LISTED = 10

async function listOf(
  reader: CatalogueReader,
  documents: readonly CataloguedDocument[],
  head: string,
  replies: CatalogueReplies,
): Promise<CatalogueReply> {
  const members = await Promise.all(
    documents.map(async (document, at) => {
      const date = datesOf(document.metadata)[0]?.value
      const text = `**${oneLine(document.title)}** (${pathOf(reader, document)}${date === undefined ? '' : `, ${dayOf(date)}`})`
      const [chunk] = at < MAX_LISTED ? await readChunks(reader, { document: document.id }, 1) : []
      const first = chunk && firstSentence(chunk.text)
      return first === undefined || chunk === undefined
        ? { text }
        : { text, quotation: quotationOf(chunk, first) }
    }),
  )
  return composeReply({
    head,
    members,
    maxMembers: MAX_LISTED,
    tail: (hidden) => (hidden.length > 0 ? [replies.more(hidden.length)] : []),
    quoted: replies.quoted,
  })
}

/** That is no heading, if there is one. */
function firstSentence(text: string) {
  const sentences = splitSentences(text)
  return sentences.find(({ start }) => text.charAt(start - 2) !== '#') ?? sentences[0]
}
