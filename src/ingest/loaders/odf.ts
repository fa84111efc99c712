import type { LoadedDocument } from '../../domain/document.ts'
import type { BytesLoader, LoadOptions } from './loader.ts'

type Body = 'text' | 'spreadsheet' | 'presentation'

const odf = (name: string, body: Body, extensions: readonly string[]): BytesLoader => ({
  reads: 'bytes',
  name,
  extensions,
  mediaTypes: [
    `application/vnd.oasis.opendocument.${body}`,
    `application/vnd.oasis.opendocument.${body}-template`,
  ],
  async load(bytes: Buffer, options: LoadOptions): Promise<LoadedDocument> {
    const { readOdf } = await import('./office/read-odf.ts')
    return readOdf(bytes, options, body)
  },
})

/** The formats of LibreOffice and its kin: see office/odf.ts. */
export const odt = odf('OpenDocument text', 'text', ['odt', 'ott'])
export const ods = odf('OpenDocument spreadsheet', 'spreadsheet', ['ods', 'ots'])
export const odp = odf('OpenDocument presentation', 'presentation', ['odp', 'otp'])
