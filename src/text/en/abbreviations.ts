import type { Abbreviations } from '../knowledge.ts'
import { wordSet } from '../word-set.ts'

/** Collected from style guides and from errors on XQuAD and on real documentation. */
export const abbreviations: Abbreviations = {
  neverLast: wordSet(`
    mr mrs ms dr prof st mt gen sen rep rev hon gov pres lt col sgt capt cmdr maj adm messrs e.g i.e eg ie vs viz cf
    resp incl excl approx esp
  `),
  neverLastPhrases: [],
  beforeNumber: wordSet(`
    no nos fig figs p pp ch sec vol vols eq art para ver ca circa c al b d
    jan feb mar apr jun jul aug sep sept oct nov dec
  `),
  lastAfterNumber: new Set(),
  rarelyLast: wordSet(`
    inc ltd co corp llc bros jr sr ph.d ed eds dept univ assn
  `),
  lastPhrases: [],
  sentenceStarters: wordSet(`
    the this that these those it its he she they we you his her their our there here in on at by for from with when
    while after before during since although however but and as if some many most all both each such an another one
    what who how why where which is are was were do does did not no yes
  `),
  oneLetterWords: wordSet('A I'),
}
