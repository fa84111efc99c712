import { stemmer } from '@orama/stemmers/english'
import type { Knowledge } from '../language.ts'
import { abbreviations } from './abbreviations.ts'
import { asking } from './asking.ts'
import { lexicon } from './lexicon.ts'
import { replies } from './replies.ts'
import { stopWords } from './stop-words.ts'

export const english: Knowledge = {
  name: 'English',
  script: 'Latin',
  stem: stemmer,
  stopWords,
  abbreviations,
  asking,
  lexicon,
  replies,
}
