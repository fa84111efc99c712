/** Office formats: how each is recognised and which module reads it. Modules are imported with the first file. */
import type { LoadedDocument } from '../../../domain/document.ts'
import type { BytesLoader, LoadOptions } from '../loader.ts'

export const docx = {
  reads: 'bytes',
  name: 'Word',
  extensions: ['docx', 'docm', 'dotx'],
  mediaTypes: [
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.template',
    'application/vnd.ms-word.document.macroenabled.12',
    'application/vnd.ms-word.template.macroenabled.12',
  ],
  archivePart: /^word\/document\d*\.xml$/iu,
  async load(bytes, options): Promise<LoadedDocument> {
    const { readDocx } = await import('./docx.ts')
    return readDocx(bytes, options)
  },
} satisfies BytesLoader

export const pptx = {
  reads: 'bytes',
  name: 'PowerPoint',
  extensions: ['pptx', 'pptm', 'ppsx', 'potx'],
  mediaTypes: [
    'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    'application/vnd.openxmlformats-officedocument.presentationml.slideshow',
    'application/vnd.openxmlformats-officedocument.presentationml.template',
    'application/vnd.ms-powerpoint.presentation.macroenabled.12',
    'application/vnd.ms-powerpoint.slideshow.macroenabled.12',
  ],
  archivePart: /^ppt\/presentation\d*\.xml$/iu,
  async load(bytes, options): Promise<LoadedDocument> {
    const { readPptx } = await import('./pptx.ts')
    return readPptx(bytes, options)
  },
} satisfies BytesLoader

export const xlsx = {
  reads: 'bytes',
  name: 'Excel',
  extensions: ['xlsx', 'xlsm', 'xltx'],
  mediaTypes: [
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.template',
    'application/vnd.ms-excel.sheet.macroenabled.12',
    'application/vnd.ms-excel.template.macroenabled.12',
  ],
  archivePart: /^xl\/workbook\d*\.xml$/iu,
  async load(bytes, options): Promise<LoadedDocument> {
    const { readXlsx } = await import('./xlsx.ts')
    return readXlsx(bytes, options)
  },
} satisfies BytesLoader

export const epub = {
  reads: 'bytes',
  name: 'EPUB',
  extensions: ['epub'],
  mediaTypes: ['application/epub+zip'],
  archivePart: /^META-INF\/container\.xml$/iu,
  async load(bytes, options): Promise<LoadedDocument> {
    const { readEpub } = await import('./epub.ts')
    return readEpub(bytes, options)
  },
} satisfies BytesLoader

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
    const { readOdf } = await import('./odf.ts')
    return readOdf(bytes, options, body)
  },
})

export const odt = odf('OpenDocument text', 'text', ['odt', 'ott'])
export const ods = odf('OpenDocument spreadsheet', 'spreadsheet', ['ods', 'ots'])
export const odp = odf('OpenDocument presentation', 'presentation', ['odp', 'otp'])
