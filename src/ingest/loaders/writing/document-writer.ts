import type { BlockHints, LoadedBlockKind, LoadedDocument } from '../../../domain/document.ts'
import { ChatbotError } from '../../../domain/errors.ts'
import { withoutInvisible } from '../decoding/invisible.ts'
import { createSections } from './sections.ts'
import { createTextBuilder } from './text-builder.ts'

/**
 * Builds a document's text and blocks from its parts, given in reading order, with blank lines between them.
 * Throws `document_too_large` as soon as the text is longer than `maxTextLength`.
 */
export function createDocumentWriter(maxTextLength: number) {
  const sections = createSections()
  const built = createTextBuilder()

  const write = (
    kind: LoadedBlockKind,
    text: string,
    headings: readonly string[],
    page?: number,
    hints?: BlockHints,
  ) => {
    built.write(kind, text, headings, page, hints)
    if (built.length() > maxTextLength)
      throw new ChatbotError(
        'document_too_large',
        `The text has more than ${maxTextLength} characters (ingest.maxTextLength). Split the file, or raise the limit.`,
      )
  }
  return {
    /** Adds a part under the current headings, unless it has no visible text. */
    block(kind: LoadedBlockKind, raw: string, page?: number, hints?: BlockHints) {
      const text = clean(raw)
      if (text !== '') write(kind, text, sections.path(), page, hints)
    },
    /** `level` 1 is the outermost. */
    heading(level: number, raw: string, page?: number) {
      const text = clean(raw).replace(/\s+/gu, ' ')
      if (text !== '') write('heading', text, sections.enter(level, text.slice(0, 500)), page)
    },
    /** Closes the sections of this level and below. */
    leave(level: number) {
      sections.enter(level, '')
    },
    /** Adds a part that was written elsewhere under the current headings. */
    include(part: Pick<LoadedDocument, 'text' | 'blocks'>) {
      const around = sections.path()
      for (const { kind, headings, start, end, page, ...hints } of part.blocks)
        write(kind, part.text.slice(start, end), [...around, ...headings], page, hints)
    },
    length: built.length,
    finish: (): Pick<LoadedDocument, 'text' | 'blocks'> => built.finish(),
  }
}

export type DocumentWriter = ReturnType<typeof createDocumentWriter>

/** Removes what stored text may not hold, and what nobody sees. */
function clean(text: string): string {
  return withoutInvisible(text.replace(/\r\n?/gu, '\n').replaceAll('\0', '')).text.toWellFormed().trim()
}
