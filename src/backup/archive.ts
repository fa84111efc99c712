/** The archive file: gzipped JSON lines, one record each, from a `header` to an `end`. */
import { Readable } from 'node:stream'
import { createGunzip, createGzip } from 'node:zlib'
import { FOR_PASSPHRASES, unseal } from '../auth/sealed.ts'
import { ChatbotError } from '../domain/errors.ts'
import { parseJson } from '../domain/json.ts'
import { linesOf } from '../domain/lines.ts'
import { isStorable, UNSTORABLE } from '../domain/storable.ts'
import { ARCHIVE_FORMAT, type ArchiveRecord, recordSchema } from '../ports/store/backup-records.ts'

/** Lines are batched to this size for gzip: one call per small record would cost more than the compression. */
const PIECE_CHARACTERS = 64 * 1024
/** UTF-16 code units of a record, for example one conversation: a few kilobytes of gzip can expand to gigabytes. */
const MAX_RECORD_CHARACTERS = 128 * 1024 * 1024

/** The bytes of an archive. If `records` fails, the stream ends without the `end` record that makes it valid. */
export function packArchive(records: AsyncIterable<ArchiveRecord>): Readable {
  const lines = Readable.from(pieces(records), { objectMode: false })
  const gzip = createGzip({ level: 6 })
  lines.on('error', (error) => gzip.destroy(error))
  gzip.on('close', () => lines.destroy())
  return lines.pipe(gzip)
}

async function* pieces(records: AsyncIterable<ArchiveRecord>): AsyncGenerator<string> {
  let piece = ''
  for await (const record of records) {
    piece += `${JSON.stringify(record)}\n`
    if (piece.length >= PIECE_CHARACTERS) {
      yield piece
      piece = ''
    }
  }
  yield piece
}

/** The records of an archive; throws `backup_corrupt` if it is truncated, damaged or not an archive. */
export async function* unpackArchive(bytes: Readable): AsyncGenerator<ArchiveRecord> {
  let last: ArchiveRecord | undefined
  for await (const record of parsed(bytes)) {
    if (last === undefined) checkHeader(record)
    else if (last.type === 'end') throw corrupt('there is data after its end')
    last = record
    yield record
  }
  if (last?.type !== 'end') throw corrupt('it ends too early')
}

/** Verifies an archive by reading it to its end: what it holds. */
export async function totalsOf(bytes: Readable) {
  for await (const record of unpackArchive(bytes)) if (record.type === 'end') return record
  throw new ChatbotError('internal', 'The backup has no end.')
}

/** Decrypts a `secrets` record. Throws `bad_request`. */
export async function openSecrets(sealed: string, passphrase: string): Promise<string> {
  try {
    return (await unseal(sealed, passphrase, FOR_PASSPHRASES)).toString('utf8')
  } catch (error) {
    throw new ChatbotError('bad_request', 'This is not the passphrase of the backup. Nothing was restored.', {
      cause: error,
    })
  }
}

async function* parsed(bytes: Readable): AsyncGenerator<ArchiveRecord> {
  const gunzip = createGunzip()
  bytes.on('error', (error) => gunzip.destroy(error))
  bytes.pipe(gunzip)
  let line = 0
  try {
    for await (const text of linesOf(gunzip.setEncoding('utf8'), MAX_RECORD_CHARACTERS)) {
      line += 1
      const record = recordSchema.parse(parseJson(text))
      if (!isStorable(record)) throw corrupt(`line ${line} holds ${UNSTORABLE}`)
      yield record
    }
  } catch (error) {
    // File system errors do not mean that the archive is damaged.
    if (error instanceof ChatbotError || (error instanceof Error && 'syscall' in error)) throw error
    throw corrupt(line === 0 ? 'it is not a backup' : `line ${line} cannot be read`, error)
  } finally {
    bytes.unpipe(gunzip)
    gunzip.destroy()
  }
}

function checkHeader(record: ArchiveRecord): void {
  if (record.type !== 'header') throw corrupt('it has no header')
  if (record.format > ARCHIVE_FORMAT) {
    throw new ChatbotError(
      'backup_corrupt',
      `The backup was made by chatbot ${record.version}, in a format unknown to this version. Update chatbot, then restore it.`,
    )
  }
}

const corrupt = (what: string, cause?: unknown) =>
  new ChatbotError('backup_corrupt', `The backup is damaged: ${what}. Restore from another copy.`, { cause })
