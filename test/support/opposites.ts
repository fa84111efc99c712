/** Minimal opposites: pairs of questions that look alike and ask another thing, made from real questions and templates. */
import type { Language } from '../../src/domain/language.ts'

export interface Opposite {
  readonly kind: string
  readonly a: string
  readonly b: string
}

/** Every way in which the question can be turned into another one. */
export function oppositesOf(question: string, language: Language): Opposite[] {
  const made: Opposite[] = []
  const add = (kind: string, b: string) => {
    if (b !== question) made.push({ kind, a: question, b })
  }
  for (const [kind, table] of Object.entries(SWAPS[language])) {
    for (const [from, to] of table) {
      add(kind, replaceWord(question, from, to))
      add(kind, replaceWord(question, to, from))
    }
  }
  add(
    'number',
    question.replace(/\d+/u, (digits) => String(Number(digits) + 1)),
  )
  add(
    'number',
    question.replace(/\d+/u, (digits) => `${digits}0`),
  )
  for (const [pattern, replacement] of NEGATIONS[language])
    add('negation', question.replace(pattern, replacement))
  const names = [...question.matchAll(/(?<=\p{Ll},? )(?!The )\p{Lu}\p{Ll}{2,}/gu)]
  const [one, two] = names
  if (one !== undefined) add('name', splice(question, one, OTHER_NAME[language]))
  if (one !== undefined && two !== undefined && one[0] !== two[0]) {
    add('swapped names', splice(splice(question, two, one[0]), one, two[0]))
  }
  return made
}

/** Two words of the question have changed places, as in PAWS. */
export function swappedWords(question: string): Opposite[] {
  const words = [...question.matchAll(/(?<= )\p{L}{5,}/gu)].filter(([word]) => !EMPTY.has(word.toLowerCase()))
  const made: Opposite[] = []
  for (let first = 0; first + 1 < words.length; first += 2) {
    const [one, two] = [words[first], words[first + 1]]
    if (one === undefined || two === undefined || one[0] === two[0]) continue
    if (question.slice(one.index + one[0].length, two.index).trim() === 'and') continue
    const b = splice(splice(question, two, one[0]), one, two[0])
    made.push({ kind: 'swapped words', a: question, b })
  }
  return made
}

/** Words that mean next to nothing: it makes no difference where they stand. */
const EMPTY = new Set(
  `being there currently generally given between among inside could would should might itself which while where these those
  often really about after before during other above below under until against within around across through their
  является являются являлся являлась называется назывался называлась называют который которая которое которые которого
  которой которых которому которым которую котором свою свои своей своего своих своим своими своему после кроме между
  перед через около среди против`.split(/\s+/u),
)

const splice = (text: string, match: RegExpExecArray, replacement: string) =>
  text.slice(0, match.index) + replacement + text.slice(match.index + match[0].length)

function replaceWord(text: string, from: string, to: string): string {
  return text.replace(new RegExp(`(?<![\\p{L}\\p{N}])${from}(?![\\p{L}\\p{N}])`, 'iu'), to)
}

const OTHER_NAME: Record<Language, string> = { en: 'Lisbon', ru: 'Лиссабон' }

const NEGATIONS: Record<Language, readonly [RegExp, string][]> = {
  en: [[/\b(is|are|was|were|did|does|do|can|could|would|should|has|had)\b/u, '$1 not']],
  ru: [[/(?<= )(\p{L}{3,}(?:ил|ал|ел|ял|ила|ала|или|али|ает|яет|ит|ют|ят)(?:ся|сь)?)(?!\p{L})/u, 'не $1']],
}

const pairs = (text: string): [string, string][] =>
  text
    .trim()
    .split(/\s*[|\n]\s*/u)
    .map((pair) => {
      const [from = '', to = ''] = pair.split('/')
      return [from, to]
    })

const SWAPS: Record<Language, Record<string, [string, string][]>> = {
  en: {
    'question word': pairs('who/when | what/where | why/when | how many/how | where/when | how much/why'),
    direction: pairs(
      'from/to | before/after | above/below | over/under | into/out of | up/down | left/right | with/without | inside/outside | since/until | north/south | east/west | northern/southern | eastern/western',
    ),
    comparison: pairs(
      'more/less | most/least | largest/smallest | highest/lowest | longest/shortest | first/last | best/worst | oldest/newest | larger/smaller | older/younger | earliest/latest | many/few | major/minor',
    ),
    quantifier: pairs('all/some | every/only | always/never | both/neither | only/also'),
    unit: pairs(
      'years/months | days/weeks | miles/kilometers | million/billion | percent/dollars | hours/minutes | square miles/acres | centuries/decades',
    ),
    date: pairs(
      'January/March | February/June | October/May | 1990s/1980s | 19th/18th | 20th/17th | 16th/13th',
    ),
    tense: pairs('is/was | are/were | did/will | does/did | do/did | has/will'),
    antonym: pairs(
      'increase/decrease | begin/end | started/ended | won/lost | born/died | male/female | men/women | king/queen | father/mother | accept/reject | buy/sell | open/close | war/peace | allowed/forbidden',
    ),
  },
  ru: {
    'question word': pairs(
      'кто/когда | что/где | почему/когда | сколько/когда | где/когда | кто/кого | кого/кому | куда/откуда',
    ),
    direction: pairs(
      'до/после | из/в | над/под | от/до | севере/юге | востоке/западе | северной/южной | восточной/западной | слева/справа | с/без | перед/после',
    ),
    comparison: pairs(
      'больше/меньше | самый/наименее | самая/наименее | первый/последний | первая/последняя | крупнейший/мельчайший | старше/младше | более/менее | лучший/худший | много/мало | большинство/меньшинство',
    ),
    quantifier: pairs('все/некоторые | только/также | всегда/никогда | каждый/один'),
    unit: pairs(
      'лет/месяцев | дней/недель | километров/миль | миллионов/миллиардов | процентов/долларов | часов/минут | году/веке',
    ),
    date: pairs('января/марта | февраля/июня | октября/мая | 1990-х/1980-х | XIX/XVIII | XX/XVII'),
    tense: pairs('был/будет | была/будет | было/будет | были/будут | родился/умер'),
    antonym: pairs(
      'увеличить/уменьшить | начался/закончился | началась/закончилась | победил/проиграл | мужчин/женщин | король/королева | отец/мать | война/мир | открыт/закрыт',
    ),
  },
}

const each = <T>(list: readonly T[], make: (item: T) => Opposite[]): Opposite[] => list.flatMap(make)

/** Questions about rates, trips, rights and people, in which one thing is turned round. */
export function templateOpposites(language: Language): Opposite[] {
  return language === 'en' ? english() : russian()
}

function english(): Opposite[] {
  const cities = ['London', 'Paris', 'New York', 'Moscow', 'Cape Town']
  const people = ['Anna', 'the manager', 'the tenant', 'Google', 'the teacher', 'France']
  const verbs = ['pay', 'sue', 'invite', 'defeat', 'call', 'replace']
  const cityPairs = cities.flatMap((one) => cities.filter((two) => two !== one).map((two) => [one, two]))
  const peoplePairs = people.flatMap((one) => people.filter((two) => two !== one).map((two) => [one, two]))
  return [
    ...each(cityPairs, ([one, two]) => [
      {
        kind: 'direction',
        a: `How long is the flight from ${one} to ${two}?`,
        b: `How long is the flight from ${two} to ${one}?`,
      },
      { kind: 'swapped roles', a: `Is ${one} bigger than ${two}?`, b: `Is ${two} bigger than ${one}?` },
      { kind: 'name', a: `What is the population of ${one}?`, b: `What is the population of ${two}?` },
      {
        kind: 'direction',
        a: `Which trains leave for ${one} before noon?`,
        b: `Which trains leave for ${one} after noon?`,
      },
    ]),
    ...each(peoplePairs, ([one, two]) =>
      each(verbs, (verb) => [
        { kind: 'swapped roles', a: `Why did ${one} ${verb} ${two}?`, b: `Why did ${two} ${verb} ${one}?` },
        { kind: 'negation', a: `Can ${one} ${verb} ${two}?`, b: `Can't ${one} ${verb} ${two}?` },
        { kind: 'modality', a: `Must ${one} ${verb} ${two}?`, b: `Can ${one} ${verb} ${two}?` },
      ]),
    ),
    ...each([5, 10, 30, 90, 365], (days) => [
      {
        kind: 'number',
        a: `Can I return goods after ${days} days?`,
        b: `Can I return goods after ${days + 1} days?`,
      },
      {
        kind: 'unit',
        a: `Can I return goods after ${days} days?`,
        b: `Can I return goods after ${days} weeks?`,
      },
      {
        kind: 'unit',
        a: `Is ${days} mg of the drug a safe dose?`,
        b: `Is ${days} g of the drug a safe dose?`,
      },
      {
        kind: 'date',
        a: `What happened on ${(days % 28) + 1} March?`,
        b: `What happened on ${(days % 28) + 1} May?`,
      },
      { kind: 'number', a: `What is new in version 1.${days}?`, b: `What is new in version 1.${days}.1?` },
    ]),
    { kind: 'voice', a: 'Who was defeated in 1812?', b: 'Who defeated in 1812?' },
    { kind: 'name', a: 'What do they export to the US?', b: 'What do they export to us?' },
    { kind: 'name', a: 'What is vitamin C for?', b: 'What is vitamin D for?' },
    { kind: 'symbol', a: 'What does a != b mean?', b: 'What does a = b mean?' },
    { kind: 'symbol', a: 'How do I learn C++?', b: 'How do I learn C#?' },
    { kind: 'symbol', a: 'Is -5 degrees too cold?', b: 'Is 5 degrees too cold?' },
    { kind: 'quantifier', a: 'Are all snakes poisonous?', b: 'Are snakes poisonous?' },
    { kind: 'particle', a: 'How do I turn on the light?', b: 'How do I turn off the light?' },
    { kind: 'numeral', a: 'When did World War I end?', b: 'When did World War II end?' },
    { kind: 'person', a: 'Did he call her?', b: 'Did she call him?' },
  ]
}

function russian(): Opposite[] {
  const cities = [
    ['Москвы', 'Москву', 'Москва'],
    ['Праги', 'Прагу', 'Прага'],
    ['Варшавы', 'Варшаву', 'Варшава'],
    ['Самары', 'Самару', 'Самара'],
    ['Уфы', 'Уфу', 'Уфа'],
  ]
  const verbs = ['догнала', 'увидела', 'победила', 'позвала', 'обманула', 'купила']
  const people = [
    ['Анна', 'Анну'],
    ['соседка', 'соседку'],
    ['компания', 'компанию'],
    ['Мария', 'Марию'],
    ['команда', 'команду'],
    ['учительница', 'учительницу'],
  ]
  const cityPairs = cities.flatMap((one) => cities.filter((two) => two !== one).map((two) => ({ one, two })))
  const peoplePairs = people.flatMap((one) =>
    people.filter((two) => two !== one).map((two) => ({ one, two })),
  )
  return [
    ...each(cityPairs, ({ one, two }) => [
      {
        kind: 'direction',
        a: `Сколько ехать из ${one[0]} в ${two[1]}?`,
        b: `Сколько ехать из ${two[0]} в ${one[1]}?`,
      },
      {
        kind: 'swapped roles',
        a: `Правда ли, что ${one[2]} больше, чем ${two[2]}?`,
        b: `Правда ли, что ${two[2]} больше, чем ${one[2]}?`,
      },
      { kind: 'name', a: `Какое население у ${one[0]}?`, b: `Какое население у ${two[0]}?` },
    ]),
    ...each(peoplePairs, ({ one, two }) =>
      each(verbs, (verb) => [
        {
          kind: 'swapped roles',
          a: `Когда ${one[0]} ${verb} ${two[1]}?`,
          b: `Когда ${two[0]} ${verb} ${one[1]}?`,
        },
        {
          kind: 'swapped roles',
          a: `Когда ${one[0]} ${verb} ${two[1]}?`,
          b: `Когда ${one[1]} ${verb} ${two[0]}?`,
        },
        {
          kind: 'negation',
          a: `Почему ${one[0]} ${verb} ${two[1]}?`,
          b: `Почему ${one[0]} не ${verb} ${two[1]}?`,
        },
      ]),
    ),
    ...each([5, 10, 30, 90, 365], (days) => [
      {
        kind: 'number',
        a: `Можно ли вернуть товар через ${days} дней?`,
        b: `Можно ли вернуть товар через ${days + 5} дней?`,
      },
      {
        kind: 'unit',
        a: `Можно ли вернуть товар через ${days} дней?`,
        b: `Можно ли вернуть товар через ${days} недель?`,
      },
      {
        kind: 'date',
        a: `Что произошло ${(days % 28) + 1} марта?`,
        b: `Что произошло ${(days % 28) + 1} мая?`,
      },
      {
        kind: 'modality',
        a: `Можно ли хранить данные ${days} дней?`,
        b: `Нужно ли хранить данные ${days} дней?`,
      },
    ]),
    { kind: 'negation', a: 'Можно ли курить на балконе?', b: 'Нельзя ли курить на балконе?' },
    { kind: 'direction', a: 'Что делать до операции?', b: 'Что делать после операции?' },
    { kind: 'quantifier', a: 'Все ли змеи ядовиты?', b: 'Некоторые ли змеи ядовиты?' },
    { kind: 'roles', a: 'Кто победил Наполеона?', b: 'Кого победил Наполеон?' },
    { kind: 'tense', a: 'Кто строит мост?', b: 'Кто строил мост?' },
  ]
}
