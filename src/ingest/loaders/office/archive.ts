/** Reads untrusted ZIP archives: the inflated size is checked before and during inflation. */
import { type Entry, fromBufferPromise } from 'yauzl'
import { ChatbotError, errorText } from '../../../domain/errors.ts'
import { bytes } from '../../../text/amounts.ts'

export interface Archive {
  readonly names: readonly string[]
  has: (name: string) => boolean
  /** Streams the entry's inflated bytes. Throws `document_corrupt` if there is no such entry. */
  chunks: (name: string) => AsyncGenerator<Buffer>
  /** Undefined if there is no such entry. `most`: maximum inflated size, in bytes. */
  read: (name: string, most?: number) => Promise<Buffer | undefined>
}

const MEGABYTE = 1_000_000
const MAX_ENTRIES = 60_000
/** Inflated sizes: of one entry, and of all that are read. */
const MAX_ENTRY_BYTES = 256 * MEGABYTE
const MAX_TOTAL_BYTES = 512 * MEGABYTE

/** Throws `document_corrupt`, and `document_too_large` for sizes that only hostile archives have. */
export async function openArchive(content: Buffer, format: string): Promise<Archive> {
  const entries = new Map<string, Entry>()
  const file = await fromBufferPromise(content, { lazyEntries: true, decodeStrings: false }).catch(
    (error: unknown) => {
      throw damaged(format, error)
    },
  )
  if (file.entryCount > MAX_ENTRIES)
    throw tooLarge(`it holds ${file.entryCount} files; ${MAX_ENTRIES} are allowed`)
  try {
    for await (const entry of file.eachEntry()) {
      const name = nameOf(entry)
      if (!entries.has(name)) entries.set(name, entry)
    }
  } catch (error) {
    throw damaged(format, error)
  }

  let sum = 0
  async function* chunks(name: string, most = MAX_ENTRY_BYTES): AsyncGenerator<Buffer> {
    const entry = entries.get(name)
    if (!entry) throw damaged(format, `${name} is missing`)
    if (entry.isEncrypted()) throw locked(format)
    if (entry.uncompressedSize > most) throw oversize(name, most)
    let size = 0
    try {
      for await (const chunk of await file.openReadStreamPromise(entry)) {
        if (!Buffer.isBuffer(chunk)) continue
        size += chunk.length
        sum += chunk.length
        if (size > most) throw oversize(name, most)
        if (sum > MAX_TOTAL_BYTES) throw tooLarge(`it inflates to more than ${bytes(MAX_TOTAL_BYTES)}`)
        yield chunk
      }
    } catch (error) {
      throw error instanceof ChatbotError ? error : damaged(format, error)
    }
  }
  return {
    names: [...entries.keys()],
    has: (name) => entries.has(name),
    chunks,
    async read(name, most) {
      if (!entries.has(name)) return undefined
      const parts: Buffer[] = []
      for await (const chunk of chunks(name, most)) parts.push(chunk)
      return Buffer.concat(parts)
    },
  }
}

const UTF8 = 0x800

/** Some programs write backslashes or a leading slash. */
function nameOf({ fileName, generalPurposeBitFlag }: Entry): string {
  const name = Buffer.from(fileName).toString((generalPurposeBitFlag & UTF8) === 0 ? 'latin1' : 'utf8')
  return name.replaceAll('\\', '/').replace(/^\/+/u, '')
}

/** The error for a file that cannot be read at all. */
export function damaged(format: string, why: unknown): ChatbotError {
  const reason = errorText(why)
  return new ChatbotError(
    'document_corrupt',
    `The ${format} file is damaged or incomplete: ${reason.replace(/\.$/u, '')}. Get it again, or save it anew.`,
    { cause: why },
  )
}

export const locked = (format: string): ChatbotError =>
  new ChatbotError(
    'needs_password',
    `The ${format} file is encrypted; passwords are supported for PDF files only. Save it without a password and ingest that.`,
  )

const oversize = (name: string, most: number): ChatbotError =>
  tooLarge(`its part ${name.slice(0, 200)} inflates to more than ${bytes(most)}`)

const tooLarge = (why: string): ChatbotError =>
  new ChatbotError('document_too_large', `The file is too large: ${why}. Split it.`)
