import type { LoadedDocument } from '../../domain/document.ts'
import { ChatbotError } from '../../domain/errors.ts'
import { isStorable } from '../../domain/storable.ts'
import { decodeText } from './decoding/decode.ts'
import { visibleDocument, withoutInvisible } from './decoding/invisible.ts'
import { detectLoader } from './registry.ts'

export interface LoadLimits {
  /** UTF-16 code units. */
  readonly maxTextLength: number
}

/** Files inside files: deeper nesting is taken for an attack. */
const MAX_DEPTH = 3

/**
 * Reads a file's text and structure with the loader for its format.
 * Throws `document_empty`, `document_too_large`, `unsupported_format`, `invalid_encoding` and what loaders throw.
 */
export async function loadDocument(
  bytes: Buffer,
  uri: string,
  limits: LoadLimits & { readonly password?: string | undefined },
  depth = 0,
): Promise<LoadedDocument> {
  if (bytes.length === 0) throw empty('The file has 0 bytes.')
  const loader = await detectLoader(bytes, uri)
  if (loader.reads === 'bytes') {
    const loadInner = (inner: Buffer, name: string): Promise<LoadedDocument> => {
      if (depth >= MAX_DEPTH)
        throw new ChatbotError(
          'document_too_large',
          `Files are nested more than ${MAX_DEPTH} deep in this one.`,
        )
      return loadDocument(inner, name, limits, depth + 1)
    }
    return checked(await loader.load(bytes, { ...limits, uri, loadInner }), limits)
  }
  const { text: decoded, warnings } = decodeText(bytes, loader.declaredEncoding?.(bytes))
  const { text, joined } = withoutInvisible(decoded)
  if (text.trim() === '') throw empty('The file holds nothing but white space.')
  const document = await loader.load(text, uri)
  const linesMatchFile = document.linesMatchFile && !joined
  return checked(
    { ...document, linesMatchFile, warnings: [...warnings, ...(document.warnings ?? [])] },
    limits,
  )
}

function checked(loaded: LoadedDocument, { maxTextLength }: LoadLimits): LoadedDocument {
  if (loaded.text.length > maxTextLength)
    throw new ChatbotError(
      'document_too_large',
      `The text has ${loaded.text.length} characters; the limit is ${maxTextLength} (ingest.maxTextLength). Split the file, or raise the limit.`,
    )
  // Again: entities and escapes of a format, such as `&shy;`, are characters only now.
  const document = visibleDocument(loaded)
  return {
    ...document,
    title: storable(document.title),
    text: storable(document.text),
    blocks: document.blocks.map((block) => ({ ...block, headings: block.headings.map(storable) })),
    warnings: document.warnings?.map(storable),
  }
}

/** Replaces NULs and lone surrogates, which escapes and cuts can produce, without changing the length. */
const storable = (text: string): string =>
  isStorable(text) ? text : text.replaceAll('\0', ' ').toWellFormed()

export const empty = (what: string): ChatbotError =>
  new ChatbotError('document_empty', `${what} There is nothing to index.`)
