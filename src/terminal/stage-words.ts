import type { StageName } from '../domain/answer.ts'

/** What goes on in a stage, for the asker. */
export const STAGE_WORDS: Readonly<Record<StageName, string>> = {
  understand: 'reading the message',
  rewrite: 'reading the conversation',
  embed: 'reading the question',
  cache: 'looking for an earlier answer',
  retrieve: 'searching',
  generate: 'answering',
  storing: 'storing the answer',
}
