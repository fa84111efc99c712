import type { DocumentConventions } from '../knowledge.ts'

export const documents: DocumentConventions = {
  replyPrefixes: ['re', 'fw', 'fwd', 'aw', 'wg', 'sv', 'rif', 'tr'],
  headingKinds: ['chapter', 'part', 'section', 'appendix'],
  wroteWords: ['wrote', 'writes'],
  originalMessage: ['original (?:message|mail)', 'forwarded message'],
  labelFields: ['title', 'name', 'subject', 'question', 'heading'],
  keepsHyphenBefore: [],
  // Prefixes that can stand alone.
  keepsHyphenAfter: ['self', 'non', 'ex', 'e', 'x'],
  placeholderTitles: new Set(['untitled', 'anonymous', 'unspecified', 'powerpoint presentation', 'slide 1']),
  generatedDescriptions: ['automatically generated'],
  headingStyles: ['heading'],
  contentsStyles: ['toc', 'contents'],
  legacyEncodings: undefined,
}
