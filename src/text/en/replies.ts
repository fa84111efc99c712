import type { Replies } from '../knowledge.ts'

export const replies: Replies = {
  refusal: 'The documents do not hold an answer to this question.',
  unsure: 'The documents do not say this directly. Closest:',
  contradiction: 'The documents differ on this:',
  earlier: (name) => (name === undefined ? 'Earlier:' : `Earlier, in ${name}:`),
  nothingIngested: 'No documents are indexed yet: chatbot ingest PATH.',
  searched: ({ query, collections, documents, isFiltered }) =>
    `Searched for “${query}” in ${documents} document${documents === 1 ? '' : 's'} of ${collections}${isFiltered ? ', some of them left out by the filter' : ''}.`,
  nearest: (uri) => `${uri} came closest, but does not say.`,
  advice: 'Try words that the documents use, a full name, or another collection.',
  citations: 'Sources',
  page: 'p.',
}
