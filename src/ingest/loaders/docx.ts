import type { LoadedDocument } from '../../domain/document.ts'
import type { BytesLoader } from './loader.ts'

/** Documents: see office/docx.ts. */
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
    const { readDocx } = await import('./office/read-docx.ts')
    return readDocx(bytes, options)
  },
} satisfies BytesLoader
