import { stemmer } from '@orama/stemmers/russian'
import type { Knowledge } from '../language.ts'
import { abbreviations } from './abbreviations.ts'
import { asking } from './asking.ts'
import { lexicon } from './lexicon.ts'
import { replies } from './replies.ts'
import { stopWords } from './stop-words.ts'

export const russian: Knowledge = {
  name: 'Russian',
  script: 'Cyrillic',
  stem: stemmer,
  stopWords,
  abbreviations,
  asking,
  lexicon,
  replies,
}
