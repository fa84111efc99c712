import { stemmer } from '@orama/stemmers/english'
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

const DETERMINERS = wordSet('a an the this that of for our my your their his her its in on per with')

export const english: Knowledge = {
  name: 'English',
  script: 'Latin',
  letterVariants: new Map(),
  lookAlikes: new Map(),
  stem: stemmer,
  root,
  stopWords,
  // Verbs have no article before them.
  isQualifier: (_, before) => DETERMINERS.has(before.toLowerCase()),
  articles: wordSet('a an the'),
  contractions: { negation: ["n['’]t"], endings: ["['’](?:s|d|m|ll|re|ve)"] },
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
    comma: 'groups',
    units: ['[kmgt]i?b', 'bytes?', 'px', 'pt', '[nµm]?s', 'secs?', 'min', 'h', 'k?g', '[kcm]?m', 'x'],
  },
  documents,
  replies,
  webPage,
  yes: wordSet('y yes'),
  alphabet: 'abcdefghijklmnopqrstuvwxyz',
  vowels: 'aeiouy',
  keyboard: new Map(),
}
