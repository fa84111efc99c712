import type { LoadedDocument } from '../../../domain/document.ts'
import type { BytesLoader } from '../loader.ts'

/** Text with its pages: see read.ts. pdf.js is imported with the first file. */
export const pdf = {
  reads: 'bytes',
  name: 'PDF',
  extensions: ['pdf'],
  mediaTypes: ['application/pdf'],
  async load(bytes, options): Promise<LoadedDocument> {
    const { readPdf } = await import('./read.ts')
    return readPdf(bytes, options)
  },
} satisfies BytesLoader
