import type { ParsedDocument } from '../ports/parser.ts'
import type { NewDocument } from '../ports/store/documents.ts'
import type { IngestFile } from './ingest.ts'

/** A parsed file as the store takes it; the date that the document gives itself counts before the file's. */
export function newDocument(
  { uri, bytes, hash, modifiedAt, source }: IngestFile,
  parsed: ParsedDocument,
): NewDocument {
  const { title, mediaType, language, text, warnings, metadata = {} } = parsed
  return {
    ...{ uri, title, mediaType, language, bytes, hash, text, warnings, metadata },
    source: source ?? null,
    modifiedAt: parsed.modifiedAt ?? modifiedAt ?? null,
  }
}
