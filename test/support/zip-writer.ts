import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipEntry {
  readonly name: string
  readonly data: string | Buffer | Deflated
}

/** Data that is deflated already, with the size that the archive claims for it. */
export interface Deflated {
  readonly deflated: Buffer
  readonly claimedSize: number
}

const NOTHING = Buffer.from([3, 0])

/** A ZIP archive, honest or not. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, data } of entries) {
    const plain = typeof data === 'string' ? Buffer.from(data) : data
    const { deflated, claimedSize } = Buffer.isBuffer(plain)
      ? { deflated: plain.length === 0 ? NOTHING : deflateRawSync(plain), claimedSize: plain.length }
      : plain
    const title = Buffer.from(name)
    const head = Buffer.alloc(26)
    head.writeUInt16LE(20, 0)
    head.writeUInt16LE(0x800, 2)
    head.writeUInt16LE(8, 4)
    head.writeUInt32LE(Buffer.isBuffer(plain) ? crc32(plain) : 0, 10)
    head.writeUInt32LE(deflated.length, 14)
    head.writeUInt32LE(claimedSize, 18)
    head.writeUInt16LE(title.length, 22)
    const place = Buffer.alloc(14)
    place.writeUInt32LE(offset, 10)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), head, title, deflated])
    locals.push(local)
    directory.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), head, place, title)
    offset += local.length
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, ...directory, end])
}
