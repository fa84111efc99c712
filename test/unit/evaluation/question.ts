import type { EvalQuestion } from '../../../src/evaluation/questions.ts'

export const question = (more: Partial<EvalQuestion> = {}): EvalQuestion => ({
  id: 'q',
  set: 'en',
  question: 'Who?',
  answerable: true,
  answers: [],
  documents: [],
  passages: [],
  also: [],
  must: [],
  caseSensitive: false,
  long: false,
  language: 'en',
  history: [],
  paraphrases: [],
  opposites: [],
  ...more,
})
