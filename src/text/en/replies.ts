import type { Replies } from '../knowledge.ts'
import { catalogue } from './catalogue.ts'

export const replies: Replies = {
  refusal: 'The documents do not hold an answer to this question.',
  unsure: 'The documents do not say this directly. Closest:',
  contradiction: 'The documents differ on this:',
  partNotFound: (part) => `Not found: “${part}”.`,
  earlier: (name) => (name === undefined ? 'Earlier:' : `Earlier, in ${name}:`),
  nothingIngested: 'No documents are indexed yet: chatbot ingest PATH.',
  searched: ({ query, collections, documents, isFiltered }) =>
    `Searched for “${query}” in ${documents} document${documents === 1 ? '' : 's'} of ${collections}${isFiltered ? ', some of them left out by the filter' : ''}.`,
  nearest: (uri) => `${uri} came closest, but does not say.`,
  advice: 'Try words that the documents use, a full name, or another collection.',
  citations: 'Sources',
  page: 'p.',
  cannotTranslate:
    'I quote the documents in the language that they are written in; only an engine with a language model can translate an answer.',
  catalogue,
  talk: {
    greeting: 'Hello! Ask me anything about the indexed documents, for example: what documents do you have?',
    thanks: 'You are welcome! Ask on if there is anything else.',
    farewell: 'Goodbye! The documents will be here when you need them.',
    test: 'It works. Ask me something about the documents.',
    introduction:
      'I search the indexed documents for your question and answer with quotations from them, each with its source. Just ask, or try: what documents do you have?',
    capabilities:
      'I answer questions from the indexed documents and quote where each answer stands. I also list, count and summarise documents. Try: what documents do you have?',
    languages:
      'You can ask me in English and in Russian. I quote the documents in the language that they are written in.',
    identity:
      'I am a program, not a person: chatbot, an assistant that answers from the indexed documents and quotes its sources.',
    complaint:
      'I am sorry that this did not help. Try the words that the documents use or a full name, or ask for the sources of an answer.',
    instructions:
      'I only answer questions from the indexed documents. What would you like to know about them?',
    unclear:
      'I am not sure what you mean. Please ask a whole question, with the name of the thing that you mean.',
    acknowledged: 'All right. What would you like to know about the documents?',
  },
}
