/**
 * Words of English and Russian whose full stop does not end a sentence, lower case, without that stop.
 * Collected from style guides and from what went wrong on XQuAD and on real documentation.
 */

const words = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/u))

/** Something always follows: titles before names, `e.g.`, streets and towns. */
export const NEVER_LAST = words(`
  mr mrs ms dr prof st mt gen sen rep rev hon gov pres lt col sgt capt cmdr maj adm messrs e.g i.e eg ie vs viz cf
  resp incl excl approx esp
  им ул просп пл пер наб бул ш пос дер гор обл р-н оз акад проф доц тов гос св ген адм кап лейт
  см ср напр т.е т.н т.к т.о т.ч лат греч англ нем франц фр итал исп яп кит рус укр польск букв устар сокр род урожд
  ок прим ред изд пер сост илл
`)

/** A number follows: `no. 5`, `рис. 3`, `5 апр. 1900 г.`. Before anything else their stop is an ordinary one. */
export const BEFORE_NUMBER = words(`
  no nos fig figs p pp ch sec vol vols eq art para ver ca circa c al b d
  jan feb mar apr jun jul aug sep sept oct nov dec
  рис табл стр с гл ст п пп т тт ч д кв корп разд прил илл вып оп кн ум род
  янв фев февр мар апр июн июл авг сен сент окт ноя нояб дек
`)

/** Ends a sentence only before a word that commonly begins one: `Apple Inc. said` and `Apple Inc. The…`. */
export const RARELY_LAST = words(`
  inc ltd co corp llc bros jr sr ph.d ed eds dept univ assn
  г гг в вв н.э до н р руб коп долл ст пр
`)

/** Words that begin sentences more often than they go on after an abbreviation. */
export const SENTENCE_STARTERS = words(`
  the this that these those it its he she they we you his her their our there here in on at by for from with when
  while after before during since although however but and as if some many most all both each such an another one
  what who how why where which is are was were do does did not no yes
  это эта этот эти он она оно они мы вы его её ее их там здесь тут на по из от до для при после перед во время когда
  если хотя однако но так как также тем тогда затем потом кроме поэтому впрочем например среди между через под над
  за об обо со ко что кто где куда почему зачем какой какая какие все всё каждый многие некоторые другие один одна
  не ни да нет был была были было есть
`)
