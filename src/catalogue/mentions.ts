/** Which documents mention something, and how many: found by the word index, verified on the text. */
import { basename } from 'node:path'
import type { Language } from '../domain/language.ts'
import type { CatalogueChunk, CataloguedDocument } from '../ports/store/catalogue.ts'
import type { DocumentRequest, MentionsRequest } from '../talk/document-requests.ts'
import type { CatalogueReplies } from '../text/knowledge.ts'
import { detectLanguage } from '../text/language.ts'
import { oneLine } from '../text/lines.ts'
import { type CatalogueReader, chunksOf, pathOf, type Quotation, quotationOf, total } from './reader.ts'
import { type CatalogueReply, composeReply } from './reply.ts'
import {
  holds,
  holdsApart,
  holdsRoot,
  placeOf,
  rootOf,
  type Subject,
  sentenceWith,
  subjectOf,
} from './subject.ts'

/** Chunks that may hold the words and are read; with more, the answer says that it may not be all. */
const MAX_READ_CHUNKS = 20_000
/** Words of a subject of which it is said that no document mentions it; more may be a question. */
const MAX_DENIED_WORDS = 3
/** Chunks of an index whose texts are searched for a root, which the word index does not know. */
const MAX_SCANNED_CHUNKS = 20_000
/** UTF-16 code units of a root that tells words apart. */
const MIN_ROOT_CHARACTERS = 4

/** How a document holds the subject, best first. */
const PLACES = ['name', 'heading', 'text'] as const
type Place = (typeof PLACES)[number]

interface Found {
  readonly document: CataloguedDocument
  place: Place
  /** Whether the text itself, or the title, has it. */
  isSaid: boolean
  quotation: Quotation
  /** Whether the quotation is in the language of the answer. */
  isReadable: boolean
}

/** What is looked for, and how a text passes. */
interface Wanted {
  readonly subject: Subject
  readonly test: (text: string) => boolean
  readonly language: Language
}

/** Undefined: nothing that could be proved. */
export async function mentionsReply(
  reader: CatalogueReader,
  request: Extract<DocumentRequest, MentionsRequest>,
  replies: CatalogueReplies,
): Promise<CatalogueReply | undefined> {
  if (!reader.counts.every(({ isComplete }) => isComplete)) return undefined
  const { subject: asked, isAbout, language } = request
  const subject = subjectOf(asked)
  if (subject.units.length === 0) return undefined
  const shown = replies.quoted(asked)
  const list = (found: readonly Found[], head: string, isAll: boolean) =>
    listed(reader, request, { found, head, isAll }, replies)

  const whole = await search(reader, { subject, language, test: (text) => holds(subject, text) })
  const said = whole.found.filter(({ isSaid }) => isSaid || isAbout)
  if (said.length > 0) {
    const named = said.filter(({ place }) => place !== 'text').length
    return isAbout
      ? list(byPlace(said), replies.about(said.length, shown, named), whole.isAll)
      : list(said, replies.mentions(said.length, total(reader), shown), whole.isAll)
  }
  if (whole.found.length > 0)
    return list(whole.found, replies.onlyInName(whole.found.length, shown), whole.isAll)
  if (subject.units.length > 1) {
    const apart = await search(reader, { subject, language, test: (text) => holdsApart(subject, text) })
    if (apart.found.length > 0)
      return list(byPlace(apart.found), replies.wordsApart(apart.found.length, shown), apart.isAll)
  } else {
    const related = await searchRoot(reader, asked, language)
    if (related.length > 0) return list(related, replies.sameRoot(related.length, shown), true)
  }
  if (!whole.isAll || subject.units.length > MAX_DENIED_WORDS) return undefined
  const tail = reader.indexing > 0 ? ` ${replies.beingIndexed(reader.indexing)}` : ''
  return composeReply({ head: `${replies.noMention(shown)}${tail}`, quoted: replies.quoted })
}

const byPlace = (found: readonly Found[]): Found[] =>
  found.toSorted((left, right) => PLACES.indexOf(left.place) - PLACES.indexOf(right.place))

/** UTF-16 code units of a quotation in another language than the answer. */
const FOREIGN_CHARACTERS = 50
const MAX_TITLE_CHARACTERS = 50

/** Its title too, if the reader can read it and it fits. */
function nameOf(reader: CatalogueReader, document: CataloguedDocument, language: Language): string {
  const path = pathOf(reader, document)
  const title = oneLine(document.title)
  const isTold = title.length <= MAX_TITLE_CHARACTERS && detectLanguage(title) === language
  return isTold && !path.includes(title) ? `${path} (${title})` : path
}

function listed(
  reader: CatalogueReader,
  { subject, language }: Extract<DocumentRequest, MentionsRequest>,
  {
    found,
    head,
    isAll,
  }: { readonly found: readonly Found[]; readonly head: string; readonly isAll: boolean },
  replies: CatalogueReplies,
): CatalogueReply {
  return composeReply({
    head,
    members: found.map(({ document, quotation, isReadable }) => ({
      text: nameOf(reader, document, language),
      quotation,
      most: isReadable ? undefined : FOREIGN_CHARACTERS,
    })),
    tail: (hidden) => [
      ...(hidden.length > 0
        ? [`${replies.more(hidden.length)} ${replies.seeMore(searchCommand(reader, subject))}`]
        : []),
      ...(isAll ? [] : [replies.notAll]),
      ...(reader.indexing > 0 ? [replies.beingIndexed(reader.indexing)] : []),
    ],
    quoted: replies.quoted,
  })
}

/** With the words in quotation marks, as a phrase; in one collection, where there is only one. */
function searchCommand({ counts: [only, ...others] }: CatalogueReader, asked: string): string {
  const phrase = `chatbot search '"${asked.replace(/["'`\\]/gu, ' ').trim()}"' --limit 100`
  return only === undefined || others.length > 0 ? phrase : `${phrase} --collection ${only.collection}`
}

async function search(
  reader: CatalogueReader,
  wanted: Wanted,
): Promise<{ readonly found: Found[]; readonly isAll: boolean }> {
  const found = new Map<string, Found>()
  let read = 0
  for (const terms of wanted.subject.terms) {
    for await (const chunk of chunksOf(reader, { terms }, MAX_READ_CHUNKS)) {
      read += 1
      take(found, chunk, wanted)
    }
  }
  return { found: inOrder(found), isAll: read < MAX_READ_CHUNKS }
}

/** By uri, as the chunks were read. */
const inOrder = (found: ReadonlyMap<string, Found>): Found[] =>
  [...found.values()].sort((left, right) => (left.document.uri < right.document.uri ? -1 : 1))

function take(found: Map<string, Found>, chunk: CatalogueChunk, wanted: Wanted): void {
  const { document, heading, text } = chunk
  const { test } = wanted
  const known = found.get(document.id)
  if (known?.isSaid && known.place !== 'text' && known.isReadable) return
  const isTitled = known === undefined && test(document.title)
  const isNamed = isTitled || (known === undefined && test(basename(document.uri)))
  const isHeading = heading !== '' && test(heading)
  const isSaid = test(text)
  if (!isNamed && !isHeading && !isSaid) return
  const place = isNamed ? 'name' : isHeading ? 'heading' : 'text'
  const told = quotationIn(chunk, wanted)
  if (known === undefined) {
    found.set(document.id, { document, place, isSaid: isSaid || isTitled || isHeading, ...told })
    return
  }
  if (PLACES.indexOf(place) < PLACES.indexOf(known.place)) known.place = place
  if (isSaid && (!known.isSaid || (told.isReadable && !known.isReadable)))
    Object.assign(known, { isSaid: true, ...told })
}

/** The sentence that says it, or the sentences that say it together; else how the chunk begins. */
function quotationIn(
  chunk: CatalogueChunk,
  { subject, test, language }: Wanted,
): Pick<Found, 'quotation' | 'isReadable'> {
  const { text } = chunk
  const isReadable = (sentence: string) => detectLanguage(sentence) === language
  const sentence =
    sentenceWith(text, (one) => isReadable(one) && test(one)) ?? sentenceWith(text, (one) => test(one))
  const place = placeOf(subject, sentence === undefined ? text : text.slice(sentence.start, sentence.end))
  const at = (sentence?.start ?? 0) + (place?.start ?? 0)
  const span = sentence ??
    (place === undefined ? sentenceWith(text, () => true) : { start: place.start, end: place.end }) ?? {
      start: 0,
      end: text.length,
    }
  return {
    quotation: { ...quotationOf(chunk, span), at: chunk.start + at },
    isReadable: isReadable(text.slice(span.start, span.end)),
  }
}

/** Of a word that no document has in any of its forms, documents with words of its root. */
async function searchRoot(reader: CatalogueReader, asked: string, language: Language): Promise<Found[]> {
  const root = rootOf(asked)
  const chunks = reader.counts.reduce((sum, count) => sum + count.chunks, 0)
  if (root === undefined || root.length < MIN_ROOT_CHARACTERS || /[^\p{L}]/u.test(root)) return []
  if (chunks > MAX_SCANNED_CHUNKS) return []
  const found = new Map<string, Found>()
  for await (const chunk of chunksOf(reader, { holding: root }, MAX_READ_CHUNKS))
    take(found, chunk, { subject: subjectOf(asked), language, test: (text) => holdsRoot(asked, text) })
  return inOrder(found)
}
