import chardet from 'chardet'
import iconv from 'iconv-lite'
import { ChatbotError } from '../../../domain/errors.ts'
import { legacyEncodings, soundsLikeText } from './encodings.ts'

export interface Decoded {
  /** Lines end with `\n`; there are no control characters except tabs, no BOM and no lone surrogates. */
  readonly text: string
  readonly warnings: readonly string[]
}

/** Enough for letter statistics. */
const SAMPLE_BYTES = 64 * 1024

/**
 * Decodes a file by its BOM, as UTF-8 if that is valid, as `declared` (such as by HTML), or else in the encoding that
 * its bytes look like, with a warning. Throws `invalid_encoding`, naming the first bad byte.
 */
export function decodeText(bytes: Buffer, declared?: string): Decoded {
  const { text, warnings } = decode(bytes, declared)
  const oneLineEnd = text.includes('\r') ? text.replace(/\r\n?/gu, '\n') : text
  return { text: withoutControls(oneLineEnd).toWellFormed(), warnings }
}

/** Removes terminal colours and NULs, which the database rejects; other control characters become spaces. */
function withoutControls(text: string): string {
  if (!CONTROL.test(text)) return text
  return text
    .replace(/\x1b\[[0-9;:?]*[ -/]*[@-~]/gu, '')
    .replaceAll('\0', '')
    .replace(/[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]/gu, ' ')
}

const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/u

function decode(bytes: Buffer, declared: string | undefined): Decoded {
  const marked = byOrderMark(bytes) ?? utf16WithoutMark(bytes)
  if (marked) return { text: strictly(bytes, marked), warnings: [] }
  const utf8 = scanUtf8(bytes)
  if (utf8.invalid === 0) return { text: strictly(bytes, 'utf-8'), warnings: [] }
  // Mostly valid multi-byte sequences: damaged UTF-8 rather than another encoding.
  if (utf8.sequences > 3 * utf8.invalid) throw invalid(utf8.first, 'UTF-8')
  if (declared && iconv.encodingExists(declared)) {
    const text = iconv.decode(bytes, declared)
    if (!text.includes('\uFFFD')) return { text, warnings: [] }
  }
  const found = guess(bytes)
  if (!found) throw invalid(utf8.first)
  return {
    text: found.text,
    warnings: [`Not UTF-8; read as ${found.encoding}, judging by its bytes. Check that the text is right.`],
  }
}

function guess(bytes: Buffer): { encoding: string; text: string } | undefined {
  const sample = bytes.subarray(0, SAMPLE_BYTES)
  const others = chardet
    .analyse(sample)
    .filter(({ name, confidence }) => confidence >= 10 && !name.startsWith('UTF-'))
    .map(({ name }) => name)
  for (const encoding of [...legacyEncodings(sample), ...others, 'windows-1252']) {
    if (!iconv.encodingExists(encoding)) continue
    const text = iconv.decode(bytes, encoding)
    if (!text.includes('\uFFFD') && soundsLikeText(text.slice(0, SAMPLE_BYTES))) return { encoding, text }
  }
  return undefined
}

type Unicode = 'utf-8' | 'utf-16le' | 'utf-16be'

function byOrderMark(bytes: Buffer): Unicode | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 'utf-8' : undefined
}

/** In UTF-16, every second byte of Latin and Cyrillic text is a high byte of 0 or 4. */
function utf16WithoutMark(bytes: Buffer): Unicode | undefined {
  const sample = bytes.subarray(0, Math.min(bytes.length, 4096) & ~1)
  if (bytes.length % 2 === 1 || sample.length < 4) return undefined
  let even = 0
  let odd = 0
  for (let i = 0; i < sample.length; i += 2) {
    if (sample[i] === 0 || sample[i] === 4) even++
    if (sample[i + 1] === 0 || sample[i + 1] === 4) odd++
  }
  const units = sample.length / 2
  if (odd > 0.9 * units && even < 0.2 * units) return 'utf-16le'
  return even > 0.9 * units && odd < 0.2 * units ? 'utf-16be' : undefined
}

function strictly(bytes: Buffer, encoding: Unicode): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    throw encoding === 'utf-8'
      ? invalid(scanUtf8(bytes).first, 'UTF-8')
      : invalid(badUtf16(bytes, encoding), 'UTF-16')
  }
}

/** Counts well-formed multi-byte sequences and invalid bytes; `first` is the offset of the first invalid byte, or -1. */
function scanUtf8(bytes: Buffer): { sequences: number; invalid: number; first: number } {
  let sequences = 0
  let invalidBytes = 0
  let first = -1
  for (let i = 0; i < bytes.length; ) {
    const length = sequenceLength(bytes, i)
    if (length > 1) sequences++
    if (length === 0) {
      invalidBytes++
      if (first < 0) first = i
    }
    i += Math.max(1, length)
  }
  return { sequences, invalid: invalidBytes, first }
}

/** Length in bytes of the well-formed UTF-8 sequence at `i`, 0 if there is none (RFC 3629). */
function sequenceLength(bytes: Buffer, i: number): number {
  const byte = (offset: number): number => bytes[i + offset] ?? 0
  const tail = (offset: number): boolean => (byte(offset) & 0xc0) === 0x80
  const lead = byte(0)
  if (lead < 0x80) return 1
  if (lead >= 0xc2 && lead <= 0xdf) return tail(1) ? 2 : 0
  if (lead >= 0xe0 && lead <= 0xef) {
    const low = lead === 0xe0 ? 0xa0 : 0x80
    const high = lead === 0xed ? 0x9f : 0xbf
    return byte(1) >= low && byte(1) <= high && tail(2) ? 3 : 0
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const low = lead === 0xf0 ? 0x90 : 0x80
    const high = lead === 0xf4 ? 0x8f : 0xbf
    return byte(1) >= low && byte(1) <= high && tail(2) && tail(3) ? 4 : 0
  }
  return 0
}

/** Offset of the first lone surrogate, or of the last byte if their number is odd. */
function badUtf16(bytes: Buffer, encoding: Unicode): number {
  const [low, high] = encoding === 'utf-16le' ? [0, 1] : [1, 0]
  const unit = (i: number): number => (bytes[i + low] ?? 0) | ((bytes[i + high] ?? 0) << 8)
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    const kind = unit(i) & 0xfc00
    if (kind === 0xdc00) return i
    if (kind === 0xd800) {
      if (i + 3 >= bytes.length || (unit(i + 2) & 0xfc00) !== 0xdc00) return i
      i += 2
    }
  }
  return bytes.length - 1
}

const invalid = (offset: number, encoding?: string): ChatbotError =>
  new ChatbotError(
    'invalid_encoding',
    encoding
      ? `The text is ${encoding} but damaged: the byte at offset ${offset} does not belong there. Save the file again as UTF-8.`
      : `The encoding of the text could not be detected: the byte at offset ${offset} is not UTF-8, and no other encoding fits. Save the file as UTF-8.`,
  )
