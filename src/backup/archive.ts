/** The archive's file: gzip of one JSON record a line, from a `header` to an `end`. */
import { Readable } from 'node:stream'
import { createGunzip, createGzip } from 'node:zlib'
import { FOR_PASSPHRASES, unseal } from '../auth/sealed.ts'
import { ChatbotError } from '../domain/errors.ts'
import { parseJson } from '../domain/json.ts'
import { linesOf } from '../domain/lines.ts'
import { isStorable, UNSTORABLE } from '../domain/storable.ts'
import { ARCHIVE_FORMAT, type ArchiveRecord, recordSchema } from '../ports/store/backup-records.ts'

/** Lines are handed to gzip in pieces of this size: one call for each small record would cost more than it packs. */
const PIECE_CHARACTERS = 64 * 1024
/** UTF-16 code units of a record: a conversation is one. A few kilobytes of gzip may stand for gigabytes. */
const MAX_RECORD_CHARACTERS = 128 * 1024 * 1024

/** The bytes of an archive. An error of the records ends the stream without the `end` that makes it valid. */
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

/** The records of an archive; throws `backup_corrupt` where it is cut off, damaged or of another kind. */
export async function* unpackArchive(bytes: Readable): AsyncGenerator<ArchiveRecord> {
  let last: ArchiveRecord | undefined
  for await (const record of parsed(bytes)) {
    if (last === undefined) checkHeader(record)
    else if (last.type === 'end') throw corrupt('something follows its end')
    last = record
    yield record
  }
  if (last?.type !== 'end') throw corrupt('it ends too early')
}

/** Of a `secrets` record. Throws `bad_request`. */
export async function openSecrets(sealed: string, passphrase: string): Promise<string> {
  try {
    return (await unseal(sealed, passphrase, FOR_PASSPHRASES)).toString('utf8')
  } catch (error) {
    throw new ChatbotError(
      'bad_request',
      'The passphrase is not the one that the backup was made with. Nothing was restored.',
      { cause: error },
    )
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
    // What the file system says is no damage of the archive.
    if (error instanceof ChatbotError || (error instanceof Error && 'syscall' in error)) throw error
    throw corrupt(line === 0 ? 'it is no backup' : `line ${line} cannot be read`, error)
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
      `The backup was made by chatbot ${record.version}, in a format that this version does not know. Update chatbot, then restore it.`,
    )
  }
}

const corrupt = (what: string, cause?: unknown) =>
  new ChatbotError('backup_corrupt', `The backup is damaged: ${what}. Restore another copy of it.`, { cause })
