/** Removes only inflection (the endings of the Snowball stemmer for Russian, without its derivational steps). */
export function russianBaseForm(word: string): string {
  const irregular = IRREGULAR.get(word)
  if (irregular !== undefined) return irregular
  if (!/^[а-я-]+$/u.test(word) || word.length <= 3) return word
  const at = /[аеиоуыэюя]/u.exec(word)?.index
  if (at === undefined) return word
  const start = Math.max(at + 1, 2)
  const head = word.slice(0, start)
  let rest = word.slice(start)
  const gerund = /(?:(?<=[ая])(?:вшись|вши|в)|(?:ившись|ывшись|ивши|ывши|ив|ыв))$/u
  if (gerund.test(rest)) rest = rest.replace(gerund, '')
  else {
    rest = rest.replace(/(?:ся|сь)$/u, '')
    if (ADJECTIVE.test(rest)) {
      rest = rest.replace(ADJECTIVE, '').replace(PARTICIPLE, '')
    } else if (VERB.test(rest)) rest = rest.replace(VERB, '')
    else rest = rest.replace(NOUN, '')
  }
  rest = rest.replace(/и$/u, '')
  rest = rest.replace(/нн$/u, 'н').replace(/ь$/u, '')
  return head + rest
}

export const isRussianPast = (word: string): boolean =>
  /[аеиоуыя]л[аои]?(?:с[ья])?$/u.test(word) && word.length > 4 && !NOT_PAST.has(russianBaseForm(word))

/** For two forms of one word, such as `кошка` and `кошку`: whether they are the same word in different roles. */
export function isOtherCase(a: string, b: string): boolean {
  let common = 0
  while (common < a.length && a[common] === b[common]) common++
  const [one, two] = [a.slice(common), b.slice(common)]
  return isDeclined(one, two) || isDeclined(two, one)
}

const isDeclined = (nominative: string, other: string): boolean =>
  (/^[ьй]?$/u.test(nominative) && /^(?:[аяую]|[оеё]м|ы|и|ю)$/u.test(other)) ||
  (/^(?:[иы]й|ой|[ая]я|[ое]е|[ыи]е)$/u.test(nominative) &&
    /^(?:[ую]ю|[ое]го|[ое]му|[ыи]м|[ое]м|[ыи]х|[ыи]ми|[ое]й)$/u.test(other)) ||
  (/^[ая]$/u.test(nominative) && /^(?:[уюыие]|[оеё]й)$/u.test(other))

const ADJECTIVE = /(?:ими|ыми|его|ого|ему|ому|ее|ие|ые|ое|ей|ий|ый|ой|ем|им|ым|ом|их|ых|ую|юю|ая|яя|ою|ею)$/u
const PARTICIPLE = /(?:ивш|ывш|ующ|(?<=[ая])(?:ем|нн|вш|ющ|щ))$/u
const VERB =
  /(?:(?<=[ая])(?:ете|йте|ла|на|ли|й|л|ем|н|ло|но|ет|ют|ны|ть|ешь|нно)|(?:ейте|уйте|ила|ыла|ена|ите|или|ыли|ило|ыло|ено|ует|уют|ены|ить|ыть|ишь|ей|уй|ил|ыл|еть|еет|еют|ел|ела|ели|ело|им|ым|ен|ят|ит|ыт|ую|ю))$/u
const NOUN =
  /(?:иями|ями|ами|иях|иям|ием|ией|ях|ях|ах|ев|ов|ие|ье|еи|ии|ей|ой|ий|ям|ем|ам|ом|ию|ью|ия|ья|а|е|и|й|о|у|ы|ь|ю|я)$/u

const NOT_PAST: ReadonlySet<string> = new Set(
  'канал начал школ сил шкал правил материал журнал потенциал капитал интервал портал сигнал персонал криминал файл стил мил недел дел цел сел тел числ цикл угол метал генерал вокзал зал бал футбол стал'.split(
    ' ',
  ),
)

const IRREGULAR: ReadonlyMap<string, string> = new Map(
  `люди люд|людей люд|людям люд|людьми люд|людях люд|человека человек|человеку человек|человеком человек
  дети дет|детей дет|детям дет|годы год|годов год|года год|году год|годом год|лет год|шел идти|шла идти|шло идти|шли идти|день дн|дня дн|дней дн|дню дн|днем дн|дни дн|юга юг|югу юг|юге юг|югом юг`
    .split(/[|\n]/u)
    .map((pair): [string, string] => {
      const [form = '', base = ''] = pair.trim().split(' ')
      return [form, base]
    }),
)
