import type { AnswerWords } from '../knowledge.ts'

export const answerWords: AnswerWords = {
  date: 'january|february|march|april|may|june|july|august|september|october|november|december|century|(?:mon|tues|wednes|thurs|fri|satur|sun)day',
  number:
    'two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|millions?|billions?|half|twice|several',
  yearUnit: undefined,
}
