import { SaxesParser } from 'saxes'
import { ChatbotError } from '../../../domain/errors.ts'
import { type Archive, damaged } from './archive.ts'

/** By local name, and also by prefixed name if there is a prefix: `id` and `r:id`. */
export type Attributes = Readonly<Record<string, string>>

/** Callbacks for an XML part; element names are local, without prefix. */
export interface XmlHandler {
  open?: (name: string, attributes: Attributes) => void
  text?: (text: string) => void
  close?: (name: string) => void
}

/** Levels of nesting; office programs need a few dozen. */
const MAX_DEPTH = 2000
/** In UTF-16 code units, including white space between elements. */
const MAX_TEXT = 100_000_000

/**
 * Streams a part of an archive through `handler`. Only XML's five predefined entities are expanded; a reference to
 * any other makes the file corrupt. Throws `document_corrupt` and what `Archive.chunks` throws.
 */
export async function readXml(
  archive: Archive,
  part: string,
  format: string,
  handler: XmlHandler,
): Promise<void> {
  const parser = new SaxesParser<{ xmlns: false; position: false }>({ xmlns: false, position: false })
  let depth = 0
  parser.on('opentag', ({ name, attributes }) => {
    if (++depth > MAX_DEPTH)
      throw damaged(format, `${part} has more than ${MAX_DEPTH} levels of nested elements`)
    handler.open?.(local(name), withLocalNames(attributes))
  })
  parser.on('closetag', ({ name }) => {
    depth--
    handler.close?.(local(name))
  })
  let length = 0
  const hear = (text: string) => {
    length += text.length
    if (length > MAX_TEXT)
      throw new ChatbotError(
        'document_too_large',
        `The ${format} file is too large: ${part} has more than ${MAX_TEXT} characters of text. Split it.`,
      )
    handler.text?.(text)
  }
  parser.on('text', hear)
  parser.on('cdata', hear)
  parser.on('error', (error) => {
    throw damaged(format, `${part}: ${error.message}`)
  })
  let decoder: ReturnType<typeof decoderOf> | undefined
  try {
    for await (const chunk of archive.chunks(part)) {
      decoder ??= decoderOf(chunk)
      parser.write(decoder.decode(chunk, { stream: true }))
    }
    parser.write(decoder?.decode() ?? '')
    parser.close()
  } catch (error) {
    throw error instanceof ChatbotError ? error : damaged(format, error)
  }
}

/** UTF-8 unless a byte order mark says otherwise. */
function decoderOf(beginning: Buffer) {
  if (beginning[0] === 0xff && beginning[1] === 0xfe) return new TextDecoder('utf-16le')
  return new TextDecoder(beginning[0] === 0xfe && beginning[1] === 0xff ? 'utf-16be' : 'utf-8')
}

const local = (name: string): string => name.slice(name.indexOf(':') + 1)

function withLocalNames(attributes: Readonly<Record<string, string>>): Attributes {
  const named: Record<string, string> = {}
  for (const [name, value] of Object.entries(attributes)) {
    named[name] = value
    if (name.includes(':')) named[local(name)] ??= value
  }
  return named
}
