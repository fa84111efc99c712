/** ZIP archives that anybody may have made: how much is inflated is bounded before and while it happens. */
import { type Entry, fromBufferPromise } from 'yauzl'
import { ChatbotError, errorText } from '../../../domain/errors.ts'
import { bytes } from '../../../text/amounts.ts'

export interface Archive {
  readonly names: readonly string[]
  has: (name: string) => boolean
  /** The entry's bytes as they are inflated. Throws when there is no such entry. */
  chunks: (name: string) => AsyncGenerator<Buffer>
  /** Undefined when there is no such entry; `most` bounds its bytes. */
  read: (name: string, most?: number) => Promise<Buffer | undefined>
}

const MEGABYTE = 1_000_000
const MAX_ENTRIES = 60_000
/** Inflated: of one entry, and of all that are read. */
const MAX_ENTRY_BYTES = 256 * MEGABYTE
const MAX_TOTAL_BYTES = 512 * MEGABYTE

/** Throws `document_corrupt`, and `document_too_large` for what only a hostile archive has. */
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

/** Some programs write backslashes, and a slash in front. */
function nameOf({ fileName, generalPurposeBitFlag }: Entry): string {
  const name = Buffer.from(fileName).toString((generalPurposeBitFlag & UTF8) === 0 ? 'latin1' : 'utf8')
  return name.replaceAll('\\', '/').replace(/^\/+/u, '')
}

/** Why a file cannot be read at all. */
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
    `The ${format} file is encrypted, which only PDF files may be. Save it without a password and ingest that.`,
  )

const oversize = (name: string, most: number): ChatbotError =>
  tooLarge(`its part ${name.slice(0, 200)} inflates to more than ${bytes(most)}`)

const tooLarge = (why: string): ChatbotError =>
  new ChatbotError('document_too_large', `The file is not read: ${why}. Split it.`)
