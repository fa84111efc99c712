import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { packArchive, unpackArchive } from '../../../src/backup/archive.ts'
import {
  ARCHIVE_FORMAT,
  type ArchiveRecord,
  decodeVector,
  encodeVector,
} from '../../../src/ports/store/backup-records.ts'

const HEADER: ArchiveRecord = {
  type: 'header',
  format: 1,
  version: '1.0.0',
  createdAt: '2026-01-01T00:00:00.000Z',
}
const TEXT: ArchiveRecord = { type: 'text', text: 'Привет,\nмир 🙂\u2028and\u2029on\r' }
const END: ArchiveRecord = { type: 'end', collections: 0, documents: 0, conversations: 0 }

describe('an archive', () => {
  test('gives back the records that were packed', async () => {
    const records = [HEADER, ...Array.from({ length: 5000 }, () => TEXT), END]
    expect(await read(await pack(records))).toEqual(records)
  })

  test('cut off anywhere is damaged', async () => {
    const whole = await pack([HEADER, ...Array.from({ length: 50 }, () => TEXT), END])
    for (const length of [0, 5, 20, whole.length >> 1, whole.length - 9, whole.length - 1]) {
      await expect(read(whole.subarray(0, length))).rejects.toMatchObject({ code: 'backup_corrupt' })
    }
  })

  test.each([
    ['without an end', [HEADER, TEXT]],
    ['without a header', [TEXT, END]],
    ['with something after its end', [HEADER, END, TEXT]],
    ['of a newer format', [{ ...HEADER, format: ARCHIVE_FORMAT + 1 }, END]],
  ])('%s is refused', async (_, records) => {
    await expect(read(await pack(records))).rejects.toMatchObject({ code: 'backup_corrupt' })
  })

  test.each([
    ['no gzip', Buffer.from('PK\u0003\u0004 something else')],
    ['no JSON', gzipSync('not json\n')],
    ['no record', gzipSync(`${JSON.stringify(HEADER)}\n{"type":"surprise"}\n`)],
    ['a record that nests without end', gzipSync(`${JSON.stringify(HEADER)}\n${'{"type":'.repeat(100_000)}`)],
    [
      'text that no database stores',
      gzipSync(`${JSON.stringify(HEADER)}\n{"type":"text","text":"\\u0000"}\n`),
    ],
    ['a line without an end', gzipSync(Buffer.alloc(140_000_000, 'a'))],
    ['nothing', Buffer.alloc(0)],
  ])('is not made of %s', async (_, bytes) => {
    await expect(read(bytes)).rejects.toMatchObject({ code: 'backup_corrupt' })
  })

  test('ends early, not silently, when what it is made of fails', async () => {
    async function* failing(): AsyncGenerator<ArchiveRecord> {
      yield HEADER
      throw new Error('the database has gone')
    }
    await expect(buffer(packArchive(failing()))).rejects.toThrow('the database has gone')
  })

  test('keeps vectors to the bit', () => {
    const vector = Float32Array.from([0, -0, 1 / 3, 1e-38, -1])
    expect(decodeVector(encodeVector(vector))).toEqual(vector)
  })
})

const pack = (records: readonly ArchiveRecord[]) => buffer(packArchive(Readable.from(records)))

async function read(bytes: Buffer): Promise<ArchiveRecord[]> {
  const records: ArchiveRecord[] = []
  for await (const record of unpackArchive(Readable.from([bytes]))) records.push(record)
  return records
}
