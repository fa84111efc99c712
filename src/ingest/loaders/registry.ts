import { extname } from 'node:path'
import { fileTypeFromBuffer } from 'file-type'
import { ChatbotError } from '../../domain/errors.ts'
import { adoc } from './adoc/adoc.ts'
import { code } from './code.ts'
import { csv } from './csv.ts'
import { eml } from './eml.ts'
import { html } from './html/html.ts'
import { ics } from './ics.ts'
import { json } from './json.ts'
import type { BytesLoader, Loader } from './loader.ts'
import { markdown } from './markdown.ts'
import { mbox } from './mbox.ts'
import { notebook } from './notebook.ts'
import { openArchive } from './office/archive.ts'
import { docx, epub, odp, ods, odt, pptx, xlsx } from './office/formats.ts'
import { pdf } from './pdf/pdf.ts'
import { rst } from './rst.ts'
import { subtitles } from './subtitles.ts'
import { text } from './text.ts'
import { xml } from './xml/xml.ts'
import { yaml } from './yaml.ts'

/** One per format, in order of precedence: if two claim an extension, the first wins. `code` and `text` come last: they claim many. */
export const LOADERS: readonly Loader[] = [
  markdown,
  html,
  pdf,
  docx,
  pptx,
  xlsx,
  odt,
  ods,
  odp,
  epub,
  mbox,
  eml,
  rst,
  adoc,
  csv,
  notebook,
  json,
  yaml,
  xml,
  ics,
  subtitles,
  code,
  text,
]

/** Formats whose files can be pure text, but markup rather than what they say. */
const NOT_PLAIN_TEXT = new Set(['pdf', 'rtf', 'ps', 'eps'])

/**
 * The loader for a file: by its content if that identifies the format, else by the extension of `uri`.
 * Throws `unsupported_format`, naming what was found and what is supported, and `needs_password`.
 */
export async function detectLoader(bytes: Buffer, uri: string): Promise<Loader> {
  const binary = looksBinary(bytes)
  const type = await fileTypeFromBuffer(bytes)
  const extension = extname(uri).slice(1).toLowerCase()
  const found =
    type?.mime === 'application/zip'
      ? await archiveLoader(bytes, extension)
      : BINARY.find((loader) => type && loader.mediaTypes.includes(type.mime))
  if (found) return found
  if (type?.mime === 'application/x-cfb') throw legacyOffice(bytes)
  // Signatures of two or three letters (`BM`, `ID3`, `solid`) also begin ordinary text.
  if (type && type.ext !== 'xml' && (binary || NOT_PLAIN_TEXT.has(type.ext)))
    throw unsupported(`${type.mime} (.${type.ext})`)
  if (binary) throw unsupported('binary data')
  const recognised = LOADERS.find((loader) => loader.recognises?.(bytes))
  if (recognised) return recognised
  const named = LOADERS.find(
    (loader) =>
      loader.extensions.includes(extension) && (loader.reads === 'text' || loader.mediaTypes.length === 0),
  )
  return named ?? (/^(?:\xef\xbb\xbf)?<\?xml\s/u.test(bytes.toString('latin1', 0, 20)) ? xml : text)
}

const BINARY: readonly BytesLoader[] = LOADERS.filter((loader) => loader.reads === 'bytes')

/** By the archive's contents; if it is damaged, by its extension, so that the loader reports what is wrong. */
async function archiveLoader(bytes: Buffer, extension: string): Promise<BytesLoader | undefined> {
  const archive = await openArchive(bytes, 'ZIP').catch(() => undefined)
  if (!archive) return BINARY.find((loader) => loader.extensions.includes(extension))
  const mediaType = (await archive.read('mimetype', 1000).catch(() => undefined))?.toString('latin1').trim()
  return BINARY.find(
    ({ archivePart, mediaTypes }) =>
      (mediaType !== undefined && mediaTypes.includes(mediaType)) ||
      archive.names.some((name) => archivePart?.test(name)),
  )
}

/** The container of Office files before 2007 also wraps newer encrypted ones. */
function legacyOffice(bytes: Buffer): ChatbotError {
  if (bytes.includes(Buffer.from('EncryptedPackage', 'utf16le')))
    return new ChatbotError(
      'needs_password',
      'The Office file is encrypted; passwords are supported for PDF files only. Save it without a password and ingest that.',
    )
  return new ChatbotError(
    'unsupported_format',
    'The file is in the Office format used before 2007. Convert it first, for example with `soffice --headless --convert-to docx FILE` (xlsx for sheets, pptx for slides).',
  )
}

/** Looks for control characters that text doesn't have. UTF-16, which has NULs, is told by its BOM or its pattern. */
function looksBinary(bytes: Buffer): boolean {
  const sample = bytes.subarray(0, 8192)
  const [first, second] = sample
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return false
  const nuls = { even: 0, odd: 0 }
  let controls = 0
  for (const [i, byte] of sample.entries()) {
    if (byte === 0) nuls[i % 2 === 0 ? 'even' : 'odd']++
    else if (byte < 0x09 || (byte > 0x0d && byte < 0x20 && byte !== 0x1b)) controls++
  }
  const most = Math.max(nuls.even, nuls.odd)
  const utf16 = most > 0.05 * sample.length && Math.min(nuls.even, nuls.odd) < 0.1 * most
  const cyrillicUtf16 =
    controls > 0.25 * sample.length && sample.filter((byte) => byte === 4).length > 0.8 * controls
  if (utf16 || cyrillicUtf16) return false
  return nuls.even + nuls.odd > 0.01 * sample.length || controls > 0.05 * sample.length
}

function unsupported(found: string): ChatbotError {
  const formats = LOADERS.map(
    ({ name, extensions }) =>
      `${name} (${extensions
        .slice(0, 6)
        .map((each) => `.${each}`)
        .join(' ')}${extensions.length > 6 ? ' …' : ''})`,
  )
  return new ChatbotError(
    'unsupported_format',
    `The file is ${found}, which cannot be indexed. Supported: ${formats.join(', ')}, and any other text.`,
  )
}
