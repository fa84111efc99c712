import type { Abbreviations } from '../knowledge.ts'
import { wordSet } from '../word-set.ts'

/** Collected from style guides and from errors on XQuAD and on real documentation. */
export const abbreviations: Abbreviations = {
  neverLast: wordSet(`
    им ул просп пл пер наб бул ш пос дер гор обл р-н оз акад проф доц тов гос св ген адм кап лейт
    см ср напр т.е т.н т.к т.о т.ч лат греч англ нем франц фр итал исп яп кит рус укр польск букв устар сокр род урожд
    ок прим ред изд пер сост илл
  `),
  neverLastPhrases: ['т\\.\\s[енкоч]'],
  beforeNumber: wordSet(`
    рис табл стр с гл ст п пп т тт ч д кв корп разд прил илл вып оп кн ум род
    янв фев февр мар апр июн июл авг сен сент окт ноя нояб дек
  `),
  lastAfterNumber: wordSet('г'),
  rarelyLast: wordSet(`
    г гг в вв н.э до н р руб коп долл ст пр
  `),
  lastPhrases: ['т\\.\\s?[дп]'],
  sentenceStarters: wordSet(`
    это эта этот эти он она оно они мы вы его её ее их там здесь тут на по из от до для при после перед во время когда
    если хотя однако но так как также тем тогда затем потом кроме поэтому впрочем например среди между через под над
    за об обо со ко что кто где куда почему зачем какой какая какие все всё каждый многие некоторые другие один одна
    не ни да нет был была были было есть
  `),
  oneLetterWords: wordSet('А В И К О С У Я'),
}
