import type { Chunk, DocumentSummary, EmbeddedChunk, IndexSpec } from '../domain/document.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Principal } from '../domain/principal.ts'
import type { Embedder } from '../ports/embedder.ts'
import type { DocumentParser } from '../ports/parser.ts'
import type { Store } from '../ports/store/store.ts'
import { embedInput } from '../text/embed-input.ts'
import { newDocument } from './new-document.ts'

export interface IngestFile {
  /** Where its bytes lie on this machine. */
  readonly path: string
  /** What the user calls it. */
  readonly uri: string
  /** Size of the file. */
  readonly bytes: number
  /** SHA-256 of the bytes, hex. */
  readonly hash: string
  /** Of an encrypted file; not stored. */
  readonly password?: string | undefined
  /** When it was last written. */
  readonly modifiedAt?: Date | undefined
  /** Id of the source that it came from. */
  readonly source?: string | undefined
}

export interface IngestPorts {
  readonly store: Store
  readonly embedder: Embedder
  readonly parser: DocumentParser
  readonly spec: IndexSpec
  readonly signal: AbortSignal
}

export interface Ingested {
  readonly status: 'indexed' | 'unchanged'
  readonly document: DocumentSummary
  readonly chunks: number
  readonly warnings: readonly string[]
}

/** Texts given to the embedder at once, and hashes asked of the store at once. */
const TEXTS = 64
const HASHES = 1000
/** Share of characters without a token above which a document will hardly be found. */
const MUCH_UNKNOWN = 0.3

/**
 * Puts one file into a collection: parsed, its new chunks embedded, stored in one transaction. What ends it
 * earlier (an error, the signal, a crash) leaves the collection as it was.
 * Throws what the parser, the embedder and `DocumentRepository.put` throw.
 */
export async function ingestDocument(
  principal: Principal,
  collection: string,
  file: IngestFile,
  ports: IngestPorts,
): Promise<Ingested> {
  const { store, parser, spec, signal } = ports
  const { path, uri, password } = file
  const parsed = await parser.parse({ path, uri, password, model: spec.reference, signal })
  const { chunks, unknown } = await embedChunks(principal, collection, parsed.chunks, ports)
  const warnings =
    unknown > MUCH_UNKNOWN ? [...parsed.warnings, unknownScript(unknown, ports)] : parsed.warnings
  if (signal.aborted) throw new ChatbotError('cancelled', 'Cancelled before it was stored.')
  const { document, status } = await store.documents.put(
    principal,
    collection,
    spec,
    newDocument(file, { ...parsed, warnings }),
    chunks,
  )
  return { status, document, chunks: chunks.length, warnings }
}

/** Chunks with their vectors: those that the collection has already, and new ones. */
async function embedChunks(
  principal: Principal,
  collection: string,
  chunks: readonly Chunk[],
  { store, embedder, spec, signal }: IngestPorts,
): Promise<{ chunks: EmbeddedChunk[]; unknown: number }> {
  const vectors = new Map<string, Float32Array>()
  const texts = new Map(chunks.map((chunk) => [chunk.hash, chunk.embedText]))
  for (const hashes of slices([...texts.keys()], HASHES)) {
    const known = await store.documents.knownVectors(principal, collection, spec, hashes)
    for (const [hash, vector] of known) vectors.set(hash, vector)
  }
  let characters = 0
  let unknown = 0
  for (const batch of slices(
    [...texts].filter(([hash]) => !vectors.has(hash)),
    TEXTS,
  )) {
    const embeddings = await embedder.embed(
      batch.map(([, text]) => embedInput(text)),
      { as: 'passage', priority: 'ingest', signal },
    )
    for (const [i, [hash, text]] of batch.entries()) {
      const embedding = embeddings[i]
      if (!embedding) throw new ChatbotError('internal', 'The embedder returned fewer vectors than texts.')
      vectors.set(hash, embedding.vector)
      characters += text.length
      unknown += embedding.unknown * text.length
    }
  }
  const embedded = chunks.map((chunk) => {
    const vector = vectors.get(chunk.hash)
    if (!vector) throw new ChatbotError('internal', `Chunk ${chunk.ordinal} has no vector.`)
    return { ...chunk, vector }
  })
  return { chunks: embedded, unknown: characters === 0 ? 0 : unknown / characters }
}

function* slices<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size)
}

const unknownScript = (share: number, { embedder }: IngestPorts): string =>
  `${Math.round(share * 100)} % of the text is in a script that the embedding model ${embedder.model.name} does not know, so questions will hardly find it. The built-in model knows English and Russian only.`
