/**
 * Answers what is asked about the documents themselves from the database: which there are, which of them mention
 * something, what one says in short, who wrote it. What cannot be proved is left to the search.
 */
import type { SearchFilter, Turn } from '../domain/answer.ts'
import type { SearchedCollection } from '../domain/document.ts'
import type { Principal } from '../domain/principal.ts'
import type { CataloguedDocument } from '../ports/store/catalogue.ts'
import { documentRequestOf, type MetadataRequest, type SummaryRequest } from '../talk/document-requests.ts'
import type { CatalogueReplies } from '../text/knowledge.ts'
import { KNOWLEDGE } from '../text/language.ts'
import { readDocument } from './document-text.ts'
import { mentionsReply } from './mentions.ts'
import { metadataReply, publishedInReply, writtenByReply } from './metadata.ts'
import { documentsNamed } from './names.ts'
import { countReply, overviewReply } from './overview.ts'
import { type CatalogueReader, openReader, pathOf, total } from './reader.ts'
import { type CatalogueReply, composeReply } from './reply.ts'
import { rowsReply } from './rows.ts'
import { MAX_SUMMARY_CHUNKS, summaryReply } from './summary.ts'

export interface CatalogueAsk {
  readonly question: string
  readonly collections: readonly SearchedCollection[]
  readonly filter?: SearchFilter | undefined
  readonly history: readonly Pick<Turn, 'citations'>[]
}

/** Undefined: it is a question on what stands in the documents, or nothing could be proved. */
export async function catalogueReply(
  store: CatalogueReader['store'],
  principal: Principal,
  { question, collections, filter, history }: CatalogueAsk,
): Promise<CatalogueReply | undefined> {
  const request = documentRequestOf(question)
  if (request === undefined) return undefined
  const reader = await openReader(
    store,
    principal,
    { collections, filter },
    {
      indexing: collections.reduce((sum, collection) => sum + collection.indexing, 0),
      lastCited: onlyCited(history.at(-1)),
    },
  )
  const { replies } = KNOWLEDGE[request.language]
  const words = replies.catalogue
  if (total(reader) === 0) {
    const isAsked = request.kind === 'overview' || request.kind === 'count'
    return isAsked && filter === undefined
      ? { text: `${words.count(0)} ${replies.nothingIngested}`, certainty: 'answered', citations: [] }
      : undefined
  }
  switch (request.kind) {
    case 'overview':
      return overviewReply(reader, words)
    case 'count':
      return countReply(reader, words)
    case 'mentions':
      return mentionsReply(reader, request, words)
    case 'summary':
    case 'metadata':
      return ofDocument(reader, request, words)
    case 'writtenBy':
      return writtenByReply(reader, request.author, words)
    case 'publishedIn':
      return publishedInReply(reader, request, words)
    case 'rows':
      return rowsReply(reader, request, words)
  }
}

function onlyCited(turn: Pick<Turn, 'citations'> | undefined): string | undefined {
  const documents = new Set(turn?.citations.map(({ document }) => document))
  return documents.size === 1 ? [...documents][0] : undefined
}

async function ofDocument(
  reader: CatalogueReader,
  request: SummaryRequest | MetadataRequest,
  replies: CatalogueReplies,
): Promise<CatalogueReply | undefined> {
  const isSummary = request.kind === 'summary'
  if (request.document === undefined && reader.lastCited === undefined && total(reader) > 1)
    return isSummary
      ? composeReply({ head: replies.whichDocument, quoted: replies.quoted, certainty: 'talk' })
      : undefined
  const isLoose = isSummary && request.isExplicit
  const found =
    request.document === undefined ? await spokenOf(reader) : await documentsNamed(reader, request, isLoose)
  const [only, ...others] = found
  if (only === undefined) return undefined
  if (others.length > 0) return isLoose ? severalReply(reader, found, replies) : undefined
  if (!isSummary) return metadataReply(reader, only, request.asked, replies)
  const read = await readDocument(reader, only, MAX_SUMMARY_CHUNKS)
  return read && summaryReply(reader, read, replies)
}

/** The document that the turn before cites, or the only one there is. */
async function spokenOf(reader: CatalogueReader): Promise<CataloguedDocument[]> {
  const { store, principal, scope, lastCited } = reader
  const [chunk] = await store.catalogue.chunks(principal, scope, { document: lastCited, limit: 1 })
  return chunk === undefined ? [] : [chunk.document]
}

function severalReply(
  reader: CatalogueReader,
  found: readonly CataloguedDocument[],
  replies: CatalogueReplies,
): CatalogueReply {
  return composeReply({
    head: replies.severalDocuments(found.length),
    members: found.map((document) => ({ text: `${document.title} (${pathOf(reader, document)})` })),
    tail: (hidden) => (hidden.length > 0 ? [replies.more(hidden.length)] : []),
    quoted: replies.quoted,
    certainty: 'talk',
  })
}
