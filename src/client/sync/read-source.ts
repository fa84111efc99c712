/** Reads a source's current content: the files of a folder, or a downloaded page. */
import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../../config/schema.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { NewSource } from '../../domain/source.ts'
import type { FetchOptions } from '../../fetch/fetch.ts'
import { type Expansion, expandSource } from '../files/expand.ts'
import { type HashedFile, hashFile } from '../files/hash.ts'
import type { HeldSource, SourceContent } from './sync.ts'

export interface ReadSourceOptions {
  readonly extensions: ReadonlySet<string>
  readonly web: Omit<FetchOptions, 'path' | 'validators'> & {
    /** Folder for downloaded pages. */
    readonly dir: string
  }
}

/** From the configuration; pages are downloaded to `dir`. */
export async function readSourceOptions(
  { ingest: { maxFileBytes, urlTimeoutMs, allowPrivateUrls } }: Pick<Config, 'ingest'>,
  version: string,
  dir: string,
  signal: AbortSignal,
): Promise<ReadSourceOptions> {
  const { LOADERS } = await import('../../ingest/loaders/registry.ts')
  return {
    extensions: new Set(LOADERS.flatMap(({ extensions }) => extensions.map((extension) => `.${extension}`))),
    web: {
      dir,
      maxBytes: maxFileBytes,
      timeoutMs: urlTimeoutMs,
      allowPrivate: allowPrivateUrls,
      userAgent: `chatbot/${version}`,
      signal,
    },
  }
}

export type ReadSource = SourceContent & Omit<Expansion, 'files'>

/** The name of this machine in sources; empty for a web page. */
export const machineOf = ({ kind }: Pick<NewSource, 'kind'>) => (kind === 'url' ? '' : hostname())

/** Failures are listed; throws `bad_request` for an invalid root, and `cancelled`. */
export async function readSource(
  { kind, location, options }: NewSource,
  held: HeldSource | undefined,
  { extensions, web }: ReadSourceOptions,
): Promise<ReadSource> {
  if (kind !== 'url') return expandSource(kind, location, { ...options, extensions })
  try {
    return { ...(await readPage(location, held, web)), failed: [], skipped: [], complete: true, folders: [] }
  } catch (error) {
    const { code, fullMessage } = ChatbotError.wrap(error)
    if (code === 'cancelled') throw error
    const failed = [{ path: location, code, reason: fullMessage }]
    return { files: [], failed, skipped: [], complete: false, folders: [] }
  }
}

async function readPage(
  address: string,
  held: HeldSource | undefined,
  { dir, ...web }: ReadSourceOptions['web'],
): Promise<Pick<SourceContent, 'files' | 'validators'>> {
  const known = held?.documents.get(address)
  const validators = known?.current === true ? held?.validators : undefined
  const path = join(dir, randomUUID())
  const { fetchDocument } = await import('../../fetch/fetch.ts')
  const page = await fetchDocument(address, { ...web, path, validators })
  if (page.status === 'unchanged') {
    return {
      files: known === undefined ? [] : [{ path, uri: address, hash: known.hash, bytes: 0 }],
      validators,
    }
  }
  const rewritten = await inUtf8(path, page)
  const { hash, bytes } = rewritten ? await hashFile(path) : page
  const file: HashedFile = { path, uri: address, hash, bytes }
  return { files: [file], validators: short(page.validators) }
}

/**
 * Keeps what only the server's response says about a text: other encodings are rewritten as UTF-8 with a byte order
 * mark, and HTML without a recognisable beginning gets a doctype.
 */
async function inUtf8(
  path: string,
  { mediaType, charset }: { readonly mediaType: string; readonly charset: string | undefined },
): Promise<boolean> {
  const isHtml = mediaType === 'text/html' || mediaType === 'application/xhtml+xml'
  if (!isHtml && !mediaType.startsWith('text/')) return false
  const decoder = decoderOf(charset)
  if (decoder === undefined && !isHtml) return false
  const bytes = await readFile(path)
  const bare = isHtml && !beginsAsHtml(bytes)
  if (decoder === undefined && !bare) return false
  const beginning = bare ? '<!doctype html>\n' : ''
  await writeFile(
    path,
    decoder === undefined
      ? Buffer.concat([Buffer.from(beginning), bytes])
      : `\ufeff${beginning}${decoder.decode(bytes)}`,
  )
  return true
}

/** Starts with `<!doctype` or `<html`, after comments; or is UTF-16, whose byte order mark must stay first. */
function beginsAsHtml(bytes: Buffer): boolean {
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true
  const head = bytes.toString('latin1', 0, 4096).replace(/^\xef\xbb\xbf/, '')
  let at = 0
  for (;;) {
    while (/\s/.test(head.charAt(at))) at += 1
    if (!head.startsWith('<!--', at)) return /^<(?:!doctype|html)/i.test(head.slice(at, at + 10))
    const end = head.indexOf('-->', at + 4)
    if (end < 0) return false
    at = end + 3
  }
}

/** Undefined for UTF-8, and for an unknown or missing charset: then the encoding is detected from the text. */
function decoderOf(
  charset: string | undefined,
): { encoding: string; decode: (bytes: Buffer) => string } | undefined {
  if (charset === undefined) return undefined
  try {
    const decoder = new TextDecoder(charset)
    return decoder.encoding === 'utf-8' ? undefined : decoder
  } catch {
    return undefined
  }
}

/** Drops validators that are too long to store: the page is then downloaded in full. */
function short({ etag, lastModified }: { etag?: string | undefined; lastModified?: string | undefined }) {
  return {
    etag: etag !== undefined && etag.length <= 1024 ? etag : undefined,
    lastModified: lastModified !== undefined && lastModified.length <= 100 ? lastModified : undefined,
  }
}
