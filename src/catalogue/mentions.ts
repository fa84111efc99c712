/** Which documents mention something, and how many: found by the word index, verified on the text. */
import { basename } from 'node:path'
import type { CatalogueChunk, CataloguedDocument } from '../ports/store/catalogue.ts'
import type { MentionsRequest } from '../talk/document-requests.ts'
import type { CatalogueReplies } from '../text/knowledge.ts'
import { type CatalogueReader, chunksOf, pathOf, type Quotation, quotationOf } from './reader.ts'
import { aroundPlace, type CatalogueReply, composeReply } from './reply.ts'
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
}

/** Undefined: nothing that could be proved. */
export async function mentionsReply(
  reader: CatalogueReader,
  { subject: asked, isAbout }: MentionsRequest,
  replies: CatalogueReplies,
): Promise<CatalogueReply | undefined> {
  if (!reader.counts.every(({ isComplete }) => isComplete)) return undefined
  const subject = subjectOf(asked)
  if (subject.units.length === 0) return undefined
  const shown = replies.quoted(asked)
  const whole = await search(reader, subject, (text) => holds(subject, text))
  const said = whole.found.filter(({ isSaid }) => isSaid || isAbout)
  const named = said.filter(({ place }) => place !== 'text').length
  if (said.length > 0) {
    const head = isAbout ? replies.about(said.length, shown, named) : replies.mentions(said.length, shown)
    return listed(reader, isAbout ? byPlace(said) : said, head, asked, whole.isAll, replies)
  }
  if (whole.found.length > 0)
    return listed(
      reader,
      whole.found,
      replies.onlyInName(whole.found.length, shown),
      asked,
      whole.isAll,
      replies,
    )
  if (subject.units.length > 1) {
    const apart = await search(reader, subject, (text) => holdsApart(subject, text))
    if (apart.found.length > 0)
      return listed(
        reader,
        byPlace(apart.found),
        replies.wordsApart(apart.found.length, shown),
        asked,
        apart.isAll,
        replies,
      )
  } else {
    const related = await searchRoot(reader, asked)
    if (related.length > 0)
      return listed(reader, related, replies.sameRoot(related.length, shown), asked, true, replies)
  }
  if (!whole.isAll || subject.units.length > MAX_DENIED_WORDS) return undefined
  const tail = reader.indexing > 0 ? ` ${replies.beingIndexed(reader.indexing)}` : ''
  return composeReply({ head: `${replies.noMention(shown)}${tail}`, quoted: replies.quoted })
}

const byPlace = (found: readonly Found[]): Found[] =>
  found.toSorted((left, right) => PLACES.indexOf(left.place) - PLACES.indexOf(right.place))

function listed(
  reader: CatalogueReader,
  found: readonly Found[],
  head: string,
  asked: string,
  isAll: boolean,
  replies: CatalogueReplies,
): CatalogueReply {
  return composeReply({
    head,
    members: found.map(({ document, quotation }) => ({ text: pathOf(reader, document), quotation })),
    tail: (hidden) => [
      ...(hidden.length > 0
        ? [`${replies.more(hidden.length)} ${replies.seeAll(searchCommand(asked))}`]
        : []),
      ...(isAll ? [] : [replies.notAll]),
      ...(reader.indexing > 0 ? [replies.beingIndexed(reader.indexing)] : []),
    ],
    quoted: replies.quoted,
  })
}

/** With the words in quotation marks, as a phrase. */
const searchCommand = (asked: string): string =>
  `chatbot search '"${asked.replace(/["'`\\]/gu, ' ').trim()}"' --limit 100`

async function search(
  reader: CatalogueReader,
  subject: Subject,
  test: (text: string) => boolean,
): Promise<{ readonly found: Found[]; readonly isAll: boolean }> {
  const found = new Map<string, Found>()
  let read = 0
  for (const terms of subject.terms) {
    for await (const chunk of chunksOf(reader, { terms }, MAX_READ_CHUNKS)) {
      read += 1
      take(found, chunk, subject, test)
    }
  }
  return { found: inOrder(found), isAll: read < MAX_READ_CHUNKS }
}

/** By uri, as the chunks were read. */
const inOrder = (found: ReadonlyMap<string, Found>): Found[] =>
  [...found.values()].sort((left, right) => (left.document.uri < right.document.uri ? -1 : 1))

function take(
  found: Map<string, Found>,
  chunk: CatalogueChunk,
  subject: Subject,
  test: (text: string) => boolean,
): void {
  const { document, heading, text } = chunk
  const known = found.get(document.id)
  if (known?.isSaid && known.place !== 'text') return
  const isTitled = known === undefined && test(document.title)
  const isNamed = isTitled || (known === undefined && test(basename(document.uri)))
  const isHeading = known?.place !== 'heading' && heading !== '' && test(heading)
  const isSaid = !known?.isSaid && test(text)
  if (!isNamed && !isHeading && !isSaid) return
  const place = isNamed ? 'name' : isHeading ? 'heading' : 'text'
  const quotation = quotationIn(chunk, subject, test)
  if (known === undefined) {
    found.set(document.id, { document, place, isSaid: isSaid || isTitled || isHeading, quotation })
    return
  }
  if (PLACES.indexOf(place) < PLACES.indexOf(known.place)) known.place = place
  if (isSaid && !known.isSaid) Object.assign(known, { isSaid: true, quotation })
}

/** The sentence that says it, or how the chunk begins. */
function quotationIn(chunk: CatalogueChunk, subject: Subject, test: (text: string) => boolean): Quotation {
  const { text } = chunk
  const sentence = sentenceWith(text, test) ??
    sentenceWith(text, () => true) ?? { start: 0, end: text.length }
  const at = sentence.start + placeOf(subject, text.slice(sentence.start, sentence.end))
  return quotationOf(chunk, aroundPlace(text, sentence, at))
}

/** Of a word that no document has in any of its forms, documents with words of its root. */
async function searchRoot(reader: CatalogueReader, asked: string): Promise<Found[]> {
  const root = rootOf(asked)
  const chunks = reader.counts.reduce((sum, count) => sum + count.chunks, 0)
  if (root === undefined || root.length < MIN_ROOT_CHARACTERS || /[^\p{L}]/u.test(root)) return []
  if (chunks > MAX_SCANNED_CHUNKS) return []
  const found = new Map<string, Found>()
  for await (const chunk of chunksOf(reader, { holding: root }, MAX_READ_CHUNKS))
    take(found, chunk, subjectOf(asked), (text) => holdsRoot(asked, text))
  return inOrder(found)
}
