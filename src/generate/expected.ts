import type { Term } from './words.ts'

/** What kind of thing a question asks for, where its words tell. */
export type Expected = 'date' | 'quantity' | 'name' | undefined

export function expectedAnswer(question: string): Expected {
  if (ASKS_DATE.test(question)) return 'date'
  if (ASKS_QUANTITY.test(question)) return 'quantity'
  if (ASKS_NAME.test(question)) return 'name'
  return undefined
}

/** How well a sentence can hold such an answer, -1 to 1; `fresh` are its terms that the question does not have. */
export function offers(expected: Expected, sentence: string, fresh: readonly Term[]): number {
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
      const date = fresh.some((term) => /^\d{3,4}$/u.test(term.stem)) || DATE_WORD.test(sentence)
      if (date) return number ? 1 : 0
      return number ? -0.4 : -1
    }
  }
}

/** `\b` knows Latin letters only. */
const words = (alternatives: string) =>
  new RegExp(`(?<![\\p{L}\\p{N}])(?:${alternatives})(?![\\p{L}\\p{N}])`, 'iu')

const ASKS_DATE = words(
  'when|(?:what|which) (?:year|date|day|month|decade|century)|когда|как(?:ой|ого|ом) (?:год|года|году|числа|веке|месяце|день)',
)
const ASKS_QUANTITY = words(
  'how (?:many|much|long|old|far|often|large|big|tall|high|fast)|(?:what|which) (?:percent|percentage|number|amount)|сколько|скольких|насколько|как (?:долго|часто|далеко)|как(?:ой|ое|ова) (?:процент|количество|число|площадь|высота|длина)',
)
const ASKS_NAME = words('who|whom|whose|where|кто|кого|кому|кем|чей|чья|чье|чьи|где|куда|откуда')

export const DATE_WORD = words(
  'january|february|march|april|may|june|july|august|september|october|november|december|century|(?:mon|tues|wednes|thurs|fri|satur|sun)day|январ\\p{L}+|феврал\\p{L}+|март\\p{L}*|апрел\\p{L}+|мая|июн\\p{L}+|июл\\p{L}+|август\\p{L}*|сентябр\\p{L}+|октябр\\p{L}+|ноябр\\p{L}+|декабр\\p{L}+|век\\p{L}*|год\\p{L}*',
)
export const NUMBER_WORD = words(
  'two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|millions?|billions?|half|twice|several|од(?:ин|на|но|ной|ного)|дв(?:а|е|ух|ум)|тр(?:и|ех|ёх)|четыр\\p{L}+|пят[ьи]|шест[ьи]|сем[ьи]|вос(?:емь|ьми)|девят[ьи]|десят\\p{L}+|ст[оа]|сот\\p{L}*|тысяч\\p{L}*|миллион\\p{L}*|миллиард\\p{L}*|половин\\p{L}+|дважды|нескольк\\p{L}+',
)
