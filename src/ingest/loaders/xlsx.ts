import type { LoadedDocument } from '../../domain/document.ts'
import type { BytesLoader } from './loader.ts'

/** Workbooks: see office/xlsx.ts. */
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
    const { readXlsx } = await import('./office/read-xlsx.ts')
    return readXlsx(bytes, options)
  },
} satisfies BytesLoader
