import { anyOf, asWord } from '../../text/all-languages.ts'
import type { ContentWord } from '../../text/content-words.ts'
import type { Knowledge } from '../../text/knowledge.ts'

/** What kind of thing a question asks for, where its words tell. */
export type Expected = 'date' | 'quantity' | 'name' | undefined

export function expectedAnswer(question: string): Expected {
  if (ASKS_DATE.test(question)) return 'date'
  if (ASKS_QUANTITY.test(question)) return 'quantity'
  if (ASKS_NAME.test(question)) return 'name'
  return undefined
}

/** Whether a question asks for several things, or for a way to do something. */
export const asksList = (question: string): boolean => ASKS_LIST.test(question)
export const asksHow = (question: string): boolean => ASKS_HOW.test(question) && !ASKS_QUANTITY.test(question)

/** How well a sentence can hold such an answer, -1 to 1; `fresh` are its words that the question does not have. */
export function offers(expected: Expected, sentence: string, fresh: readonly ContentWord[]): number {
  switch (expected) {
    case undefined:
      return 0
    case 'name':
      return fresh.some((term) => term.kind === 'name') ? 0.5 : -0.5
    case 'quantity':
      if (fresh.some((term) => term.kind === 'number')) return 1
      return NUMBER_WORD.test(sentence) ? 0.4 : -1
    case 'date': {
      const number = fresh.some((term) => term.kind === 'number')
      const date = fresh.some((term) => /^\d{3,4}$/u.test(term.root)) || DATE_WORD.test(sentence)
      if (date) return number ? 1 : 0
      return number ? -0.4 : -1
    }
  }
}

const words = (pick: (knowledge: Knowledge) => string) =>
  new RegExp(asWord(anyOf((knowledge) => [pick(knowledge)])), 'iu')

const ASKS_DATE = words(({ asking }) => asking.date)
const ASKS_LIST = words(({ asking }) => asking.list)
const ASKS_HOW = words(({ asking }) => asking.how)
const ASKS_QUANTITY = words(({ asking }) => asking.quantity)
const ASKS_NAME = words(({ asking }) => asking.name)
export const DATE_WORD = words(({ answerWords }) => answerWords.date)
export const NUMBER_WORD = words(({ answerWords }) => answerWords.number)
