import { stemmer } from '@orama/stemmers/russian'
import type { Knowledge } from '../knowledge.ts'
import { wordSet } from '../word-set.ts'
import { abbreviations } from './abbreviations.ts'
import { answerWords } from './answer-words.ts'
import { asking } from './asking.ts'
import { dating } from './dating.ts'
import { documentRequests } from './document-requests.ts'
import { documents } from './documents.ts'
import { followUps } from './follow-ups.ts'
import { lastAnswer } from './last-answer.ts'
import { lexicon } from './lexicon.ts'
import { replies } from './replies.ts'
import { root } from './root.ts'
import { severalQuestions } from './several-questions.ts'
import { smallTalk } from './small-talk.ts'
import { stopWords } from './stop-words.ts'
import { webPage } from './web-page.ts'

const ADJECTIVE = /(?:[ыи]й|ой|[ая]я|[ое]е|[ыи]е|[ое]го|[ое]му|[ую]ю|[ыи]м|[ыи]ми|[ыи]х)$/u

export const russian: Knowledge = {
  name: 'Russian',
  script: 'Cyrillic',
  letterVariants: new Map([
    ['ё', 'е'],
    ['Ё', 'Е'],
  ]),
  lookAlikes: new Map(Array.from('авекмнорстух', (letter, at) => [letter, 'abekmhopctyx'[at] ?? letter])),
  stem: stemmer,
  root,
  stopWords,
  isQualifier: (word) => ADJECTIVE.test(word.toLowerCase()),
  articles: new Set(),
  contractions: { negation: [], endings: [] },
  abbreviations,
  asking,
  answerWords,
  dating,
  followUps,
  lastAnswer,
  severalQuestions,
  smallTalk,
  documentRequests,
  lexicon,
  numbers: {
    comma: 'decimal',
    units: ['мс', 'сек', 'мин', '[счд]', '[кмгт]б', 'к?г', '[кс]?м', 'мм', 'р(?:уб)?'],
  },
  documents,
  replies,
  webPage,
  yes: wordSet('д да'),
  alphabet: 'абвгдежзийклмнопрстуфхцчшщъыьэюя',
  vowels: 'аеиоуыэюя',
  keyboard: new Map(
    Array.from('йцукенгшщзхъфывапролджэячсмитьбюё', (letter, key) => [
      letter,
      "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"[key] ?? letter,
    ]),
  ),
}
