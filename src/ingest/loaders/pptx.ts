import type { LoadedDocument } from '../../domain/document.ts'
import type { BytesLoader } from './loader.ts'

/** Presentations: see office/pptx.ts. */
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
    const { readPptx } = await import('./office/read-pptx.ts')
    return readPptx(bytes, options)
  },
} satisfies BytesLoader
