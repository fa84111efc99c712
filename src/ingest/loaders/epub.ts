import type { LoadedDocument } from '../../domain/document.ts'
import type { BytesLoader } from './loader.ts'

/** E-books: see office/epub.ts. */
export const epub = {
  reads: 'bytes',
  name: 'EPUB',
  extensions: ['epub'],
  mediaTypes: ['application/epub+zip'],
  archivePart: /^META-INF\/container\.xml$/iu,
  async load(bytes, options): Promise<LoadedDocument> {
    const { readEpub } = await import('./office/read-epub.ts')
    return readEpub(bytes, options)
  },
} satisfies BytesLoader
