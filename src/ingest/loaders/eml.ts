import type { Address, Attachment, Email } from 'postal-mime'
import type { LoadedDocument } from '../../domain/document.ts'
import { ChatbotError } from '../../domain/errors.ts'
import { decodeText } from './decoding/decode.ts'
import { type BytesLoader, fileTitle, type LoadOptions } from './loader.ts'
import { pageBody, plainBody } from './mail-body.ts'
import { documentDate, flatMetadata } from './writing/metadata.ts'
import { listLine } from './writing/records.ts'
import { createTextBuilder } from './writing/text-builder.ts'

/** E-mail: the headers, the body in one of its forms, and the attachments as sections, each read by its format's loader. */
export const eml = {
  reads: 'bytes',
  name: 'e-mail',
  extensions: ['eml'],
  mediaTypes: [],
  recognises(bytes) {
    const head =
      bytes
        .subarray(0, 4096)
        .toString('latin1')
        .split(/\r?\n\r?\n/u, 1)[0] ?? ''
    return (
      HEADER.test(head) &&
      [/^from:/imu, /^(?:to|subject|date|message-id|received):/imu].every((line) => line.test(head))
    )
  },
  async load(bytes, options) {
    const { default: PostalMime } = await import('postal-mime')
    const { source, warnings } = readable(bytes)
    const email = await parsed(() => PostalMime.parse(source))
    const builder = createTextBuilder()
    const headers = headersOf(email)
    if (headers.length > 0)
      builder.write('list', headers.map(([name, value]) => listLine(name, value)).join('\n'), [], undefined, {
        areFields: true,
      })
    const body = await bodyOf(email, options)
    builder.append(body, [])
    warnings.push(...(body.warnings ?? []))
    for (const [i, attachment] of email.attachments.entries()) {
      const name = attachment.filename ?? `attachment ${i + 1}`
      if (i >= MAX_ATTACHMENTS) {
        warnings.push(`More than ${MAX_ATTACHMENTS} attachments: the rest were left out.`)
        break
      }
      const inner = await attached(attachment, name, options)
      if (inner && 'text' in inner) {
        builder.append(inner, [name.slice(0, MAX_NAME_CHARACTERS)])
        for (const warning of inner.warnings ?? []) warnings.push(`${name}: ${warning}`)
      } else if (inner) warnings.push(`The attachment ${name} was left out: ${inner.reason}`)
    }
    const modifiedAt = documentDate(email.date)
    const names = email.attachments.flatMap(({ filename }) => filename ?? [])
    return {
      title: email.subject?.trim() || fileTitle(options.uri),
      mediaType: 'message/rfc822',
      ...builder.finish(),
      linesMatchFile: false,
      metadata: flatMetadata({
        ...Object.fromEntries(headers),
        ...(names.length > 0 ? { attachments: names } : {}),
      }),
      modifiedAt,
      warnings,
    }
  },
} satisfies BytesLoader

const MAX_ATTACHMENTS = 100
/** Limit of an attachment's name as a section title, in UTF-16 code units. */
const MAX_NAME_CHARACTERS = 200
const HEADER = /^(?:[!-9;-~]{1,80}:[^\n]*(?:\n|\r\n|$)|[ \t][^\n]*(?:\n|\r\n|$)|From [^\n]*\n)+/u

/** Guesses the encoding of 8-bit mail that names no charset. */
function readable(bytes: Buffer): { source: Buffer | string; warnings: string[] } {
  if (/charset\s*=/iu.test(bytes.toString('latin1')) || !bytes.some((byte) => byte > 127))
    return { source: bytes, warnings: [] }
  const { text, warnings } = decodeText(bytes)
  return { source: text, warnings: [...warnings] }
}

async function parsed(parse: () => Promise<Email>): Promise<Email> {
  try {
    return await parse()
  } catch (thrown) {
    throw new ChatbotError(
      'document_corrupt',
      `The e-mail cannot be read: ${thrown instanceof Error ? thrown.message : 'its structure is broken'}.`,
      { cause: thrown },
    )
  }
}

const headersOf = (email: Email): [string, string][] => {
  const all: [string, string][] = [
    ['From', addresses(email.from ? [email.from] : [])],
    ['To', addresses(email.to ?? [])],
    ['Cc', addresses(email.cc ?? [])],
    ['Date', email.date ?? ''],
    ['Subject', email.subject ?? ''],
  ]
  return all.filter(([, value]) => value.trim() !== '')
}

const addresses = (list: readonly Address[]): string =>
  list
    .map((each) =>
      each.group
        ? `${each.name}: ${addresses(each.group)}`
        : each.name
          ? `${each.name} <${each.address}>`
          : each.address,
    )
    .join(', ')

/** Prefers the HTML part: mail programs show it, and the plain text may differ. */
async function bodyOf(
  { text = '', html = '' }: Email,
  { loadInner }: LoadOptions,
): Promise<Pick<LoadedDocument, 'text' | 'blocks' | 'warnings'>> {
  const plain = text.replace(/\r\n?/gu, '\n').trim()
  const asPlain = () => plainBody(plain)
  if (html.trim() === '') return asPlain()
  try {
    const page = await loadInner(Buffer.from(html), 'body.html')
    return page.text.trim() === '' ? asPlain() : { ...page, ...pageBody(page) }
  } catch (thrown) {
    if (!(thrown instanceof ChatbotError) || thrown.code === 'document_too_large') throw thrown
    return asPlain()
  }
}

/** Undefined for inline images; a reason for what cannot be read. */
async function attached(attachment: Attachment, name: string, { loadInner }: LoadOptions) {
  if (attachment.related && attachment.mimeType.startsWith('image/')) return undefined
  const { content } = attachment
  const bytes =
    typeof content === 'string'
      ? Buffer.from(content)
      : Buffer.from(content instanceof Uint8Array ? content : new Uint8Array(content))
  try {
    return await loadInner(bytes, name)
  } catch (thrown) {
    if (!(thrown instanceof ChatbotError) || thrown.code === 'document_too_large') throw thrown
    const unsupported = thrown.code === 'unsupported_format'
    return { reason: unsupported ? 'files of its format cannot be indexed.' : thrown.message }
  }
}
