import { decisiveWords, groups, type Lexicon, type Mood, oppositePairs } from '../lexicon.ts'
import { wordSet } from '../word-set.ts'
import { englishBaseForm, isPastForm } from './base-form.ts'

const phrases: Lexicon['phrases'] = [
  // Contractions
  [/\b(ca)n['’]t\b/gu, 'can not'],
  [/\bwon['’]t\b/gu, 'will not'],
  [/\bcannot\b/gu, 'can not'],
  [/(\p{L})n['’]t\b/gu, '$1 not'],
  [/\b(what|who|where|when|why|how|that|there|here|it|he|she)['’]s\b/gu, '$1 is'],
  [/(\p{L})['’]re\b/gu, '$1 are'],
  [/(\p{L})['’]ve\b/gu, '$1 have'],
  [/(\p{L})['’]ll\b/gu, '$1 will'],
  [/\bi['’]m\b/gu, 'i am'],
  [/(\p{L})['’]d\b/gu, '$1 would'],
  [/\b(gonna|going to)\b/gu, 'will'],
  [/\bwanna\b/gu, 'want to'],
  // Politeness and frames
  [
    /^\s*(?:(?:please|kindly|hello|hi|hey|so|well|ok|okay),?\s+)*(?:(?:can|could|would|will) (?:you|someone|anyone|anybody|somebody) (?:please |kindly )?(?:tell|explain|show)(?: (?:to )?me| us)?|(?:please )?(?:tell|explain to|show) me|(?:i (?:would like|want|need) to know)|do you know|does (?:anyone|anybody|someone) know|i (?:wonder|am wondering)|i have a question),?\s+(?=what|who|whom|whose|which|when|where|why|how|if|whether)/gu,
    '',
  ],
  // Ways of asking for the same thing
  [
    /\b(?:what|which) (?:is|are|was|were) (?:the |a |an |some |any )?(?:reason|reasons|cause) (?:why|that|behind why)\b/gu,
    'why',
  ],
  [/\bhow come\b/gu, 'why'],
  [/\bfor what reasons?\b/gu, 'why'],
  [
    /\b(?:what|which) (?:is|are|would be|will be) (?:the |a |an |some |some of the |any )?(?:best |good |right |proper |correct |)(?:way|ways|method|methods) (?:to|of|for|that i can|i can|in which i can)\b/gu,
    'how to',
  ],
  [/\bin (?:what|which) ways? (?=can|could|do|does|should|is|are|did|was|were)/gu, 'how '],
  [
    // Not `how do I pay you`: that would lose who does it to whom.
    /\bhow (?:do|can|could|should|might|shall|may) (?:(?:i|we)\b(?!.*\byou(?:r|rs|rself)?\b)|you\b(?!.*\b(?:i|me|my|mine|we|us|our|ours)\b)|(?:one|someone|somebody|a person|people)\b)/gu,
    'how to',
  ],
  [
    /\bwhat (?:can|should|could|must|might) (?:i|you|we|one) (?:have to |need to )?do (?:in order )?to\b/gu,
    'how to',
  ],
  [/\bwhat to do (?:in order )?to\b/gu, 'how to'],
  [/\bhow to (?:go about|start to|best)\b/gu, 'how to'],
  [/\bin order to\b/gu, 'to'],
  [/\b(?:in|on|during|at) (?:what|which) (?:year|date|day|month|time)\b/gu, 'when'],
  [/\b(?:in|at) (?:what|which) (?:place|location)\b/gu, 'where'],
  [/\bhow much time\b/gu, 'how long'],
  [/\bwhat number of\b/gu, 'how many'],
  [/\b(?:what|which) (?:person|individual)\b/gu, 'who'],
  [/\bwhat (?:does|do) (.{1,200}?) (?:mean|stand for)\b/gu, 'what is the meaning of $1'],
  [/\bwhat did (.{1,200}?) (?:mean|stand for)\b/gu, 'what was the meaning of $1'],
  [/\bwhat (?:is|are) meant by\b/gu, 'what is the meaning of'],
  [/\bdefinition of\b/gu, 'meaning of'],
  [
    /\bwhat (?:is|are) (?:your|ur) (?:opinions?|views?|thoughts?|take) (?:on|about|of|regarding)\b/gu,
    'what do you think about',
  ],
  [/\bthink of\b/gu, 'think about'],
  [/\bis it possible (?:for (?:me|you|us) )?to\b/gu, 'can i'],
  [/\b(?:am i|are you|are we) able to\b/gu, 'can i'],
  [
    /\b(what|which|who|how|where|when|why) (?:do|did) (?:you|people|we) (?:think|believe|feel|consider)(?: to be| that)?(?= (?:is|are|was|were|will|would|should|has|have|the|a)\b)/gu,
    '$1',
  ],
  [/,? (?:according to (?:you|u)|in (?:your|ur) opinion|in (?:your|ur) view),?/gu, ''],
  [
    /\b(?:what|who) (is|are|was|were) (?=(?:your|the|my|some of the) (?:favou?rite|best|greatest|most|worst|first|last|top)\b)/gu,
    'which $1 ',
  ],
  [/(?:,| |\?) {0,3}and (?=(?:what|how|why|who|where|when|which) )/gu, '? '],
  [/\bhow (?:is|are) (.{1,200}?) different (?:from|to|than) /gu, 'what is the difference between $1 and '],
  [/\bpros and cons\b/gu, 'advantages and disadvantages'],
  [
    /\b(?:how (?:does|would|will) it feel(?: like)?|what (?:does|would) it feel like|what would it be like)(?= to)/gu,
    'what is it like',
  ],
  [/\bwhat (?:would|will|could|might) happen\b/gu, 'what happens'],
  [/\bis there (?:a|any|some) ways? (?:for me to|to|of|i can|that i can)\b/gu, 'how to'],
  // Synonyms
  [/\bs\. (?=korea|africa|america)/gu, 'south '],
  [/\bn\. (?=korea|america)/gu, 'north '],
  [/\b(?:young|little) (?=(?:boy|girl|child|kid|lad)(?:s|ren)?\b)/gu, ''],
  [/\b(?:along|by|beside|at) the side of\b/gu, 'beside'],
  [/\bnext to\b/gu, 'beside'],
  [/\bsun glasses\b/gu, 'sunglasses'],
  [/ & /gu, ' and '],
  [/\bunited states of america\b|\bunited states\b|\bu\.\s?s\.\s?a?\.?(?=\s|$|\?)/gu, 'usa'],
  [/\bunited kingdom\b|\bu\.\s?k\.?(?=\s|$|\?)/gu, 'uk'],
  [/\bmake money\b/gu, 'earn money'],
  [/\btake place\b/gu, 'happen'],
  [/\btakes place\b/gu, 'happens'],
  [/\btook place\b/gu, 'happened'],
  [/\bswimming pool\b/gu, 'pool'],
  [/\ba lot of|\blots of|\bplenty of\b/gu, 'many'],
  [/\bas well as\b/gu, 'and'],
  [/\bso as to\b/gu, 'to'],
  [/\bget rid of\b/gu, 'remove'],
  [/\bfind out\b/gu, 'learn'],
  [/\bfound out\b/gu, 'learned'],
  [/\bused to (?=\p{L}+)/gu, 'used to '],
]

const empty = wordSet(`
  a an the this that these those some any there it its itself really actually exactly just also basically
  generally ever please kindly so such then well quite simply very own etc e g i.e currently now nowadays today's
  tell know one's thing things kind kinds type types sort as else be been being way ways
`)

const questions = new Map([
  ['what', 'what'],
  ['which', 'what'],
  ['who', 'who'],
  ['whom', 'who'],
  ['whose', 'whose'],
  ['when', 'when'],
  ['where', 'where'],
  ['why', 'why'],
  ['how', 'how'],
  ['whether', 'whether'],
])

const decisive = decisiveWords(`
  negation not: not never nor neither no none nobody nothing nowhere non without
  quantifier all: all every each everyone everybody everything always whole entire entirely
  quantifier only: only solely merely exclusively alone
  quantifier both: both
  quantifier either: either
  quantifier many: many much numerous
  quantifier few: few fewer little
  quantifier several: several
  quantifier half: half
  quantifier twice: twice
  quantifier once: once
  quantifier enough: enough
  quantifier almost: almost nearly
  quantifier again: again
  quantifier other: other others another
  quantifier sometimes: sometimes
  quantifier already: already
  quantifier still: still yet
  comparison more: more
  comparison most: most
  comparison less: less
  comparison least: least
  comparison than: than
  comparison same: same
  comparison too: too
  comparison like: unlike
  direction before: before prior ago
  direction after: after
  direction since: since
  direction until: until till
  direction up: up upward upwards
  direction down: down downward downwards
  direction out: out outside outward
  direction off: off
  direction away: away
  direction back: back
  direction left: left
  direction right: right
  connective and: and
  connective or: or
  connective but: but
  connective if: if
  connective because: because
  connective although: although though despite
  connective instead: instead
  connective except: except
  person he: he him his himself
  person she: she her hers herself
  person they: they them their theirs themselves
  person i: i me my mine myself we us our ours ourselves
  person you: you your yours yourself yourselves u ur
`)

const prepositions = new Map(
  groups(`
    of
    in within inside
    on upon onto
    at
    to
    into
    for
    from
    by
    with
    about regarding concerning
    against versus vs
    between among amongst
    over above
    under below beneath
    through
    during
    across
    around
    along
    beyond
    toward towards
    near
    behind
    beside
    via
    per
  `),
)

const helpers = new Map<string, Mood>([
  ...'is are am be do does'.split(' ').map((word): [string, Mood] => [word, 'present']),
  ...'was were did had'.split(' ').map((word): [string, Mood] => [word, 'past']),
  ...'will shall would'.split(' ').map((word): [string, Mood] => [word, 'future']),
  ...'can could may might'.split(' ').map((word): [string, Mood] => [word, 'able']),
  ...'should must ought'.split(' ').map((word): [string, Mood] => [word, 'should']),
])

const CONCEPTS = `
  start begin commence begun
  end finish
  buy purchase
  obtain get acquire gain receive
  film movie
  car automobile
  child kid
  fast quick rapid quickly rapidly speedy
  picture photo photograph image pic
  help assist
  need require
  show display
  choose select pick
  fix repair mend
  site website webpage
  person people human someone somebody anyone anybody
  happen occur
  answer reply respond
  murder kill
  doctor physician
  smart clever intelligent
  rich wealthy
  famous renowned
  beautiful pretty
  afraid scared
  hard difficult tough
  easy simple
  important significant crucial
  main major primary principal chief
  big large huge
  small tiny
  often frequently
  rarely seldom
  remove delete erase
  change modify alter
  improve enhance
  increase boost
  reduce decrease lower lessen
  use utilize utilise
  advantage benefit
  disadvantage drawback downside
  purpose goal aim
  method approach technique
  speak talk
  enjoy like
  example instance
  cost price
  company firm corporation
  lawyer attorney
  country nation
  shop store
  mother mum mom
  father dad
  baby infant
  jump leap
  cut slice chop
  trousers pants
  road street
  close shut
  allow permit
  forbid prohibit ban
  try attempt
  understand comprehend
  sick ill
  job occupation
  error mistake
  begin's
  jog trot
  person's
  worst bad
  earn
  spokesman spokesperson spokeswoman
  expand widen broaden
  capture seize
  murder slaying
  doubly double
  accounting accountancy
  widely broadly
  chase pursue
  play strum
  wildfire fire
  tan beige
  plane airplane aeroplane aircraft
  scooter
  street road
  jump bounce
  slay kill
  chechnya chechen
  scotland scottish
  ireland irish
  england english's
  poland polish's
  turkey turkish
  greece greek
  sweden swedish
  norway norwegian
  denmark danish
  netherlands dutch
  bangalore bengaluru
  mumbai bombay
  kolkata calcutta
  usa america american us
  uk britain british
  india indian
  china chinese
  russia russian
  germany german
  france french
  spain spanish
  italy italian
  japan japanese
  canada canadian
  australia australian
  pakistan pakistani
  iran iranian
  iraq iraqi
  israel israeli
  syria syrian
  ukraine ukrainian
  egypt egyptian
  korea korean
  mexico mexican
  brazil brazilian
  europe european
  africa african
  asia asian
  january jan
  february feb
  august aug
  september sept sep
  october oct
  november nov
  december dec
  colour color
  favourite favorite
  organise organize
  analyse analyze
  programme program
  centre center
  behaviour behavior
  learn
  television tv
  phone telephone
  mobile cellphone
  laptop notebook
  maths math mathematics
  wooden wood
  onstage stage
  college
  exam examination
  info information
  app application
  ad advertisement advert
  admin administrator
  doc document
  config configuration
  repo repository
  db database
  postgres postgresql
  js javascript
  k8s kubernetes
`

const UNITS = `
  dollar dollars usd $
  rupee rupees inr rs ₹
  euro euros eur €
  gbp £ sterling
  ruble rubles rouble roubles rub ₽
  yen jpy
  percent % pct percentage
  kilometre kilometer kilometres kilometers km kms
  metre meter metres meters m
  centimetre centimeter centimetres centimeters cm
  millimetre millimeter millimetres millimeters mm
  mile miles mi
  foot feet ft
  inch inches
  yard yards
  kilogram kilograms kilo kilos kg kgs
  gram grams g
  milligram milligrams mg
  ton tons tonne tonnes
  pound pounds lb lbs
  ounce ounces oz
  litre liter litres liters l
  millilitre milliliter millilitres milliliters ml
  gallon gallons
  second seconds sec secs s
  millisecond milliseconds ms
  minute minutes min mins
  hour hours hr hrs h
  day days
  week weeks
  month months
  year years yr yrs
  decade decades
  century centuries
  celsius °c
  fahrenheit °f
  kelvin
  byte bytes
  kilobyte kilobytes kb
  megabyte megabytes mb
  gigabyte gigabytes gb
  terabyte terabytes tb
  bit bits
  hertz hz
  megahertz mhz
  gigahertz ghz
  watt watts
  kilowatt kilowatts kw
  volt volts
  ampere amperes amp amps
  degree degrees °
  hectare hectares ha
  acre acres
  mph
  kph
`

const LIGHT = `
  get have use like suppose write wear become do make want go good series programming language number piece exist
  available call name give particular certain specific various possible usually normally typically actual please work
  course stuff item question answer help
`

const OPPOSITES = `
  increase improve rise grow gain/reduce decrease fall drop decline shrink loss lose | start open enter arrive/end finish close leave depart stop
  buy/sell | win/lose | love like enjoy/hate dislike | big large/small tiny | long tall high/short low | hot warm/cold cool
  good best better great/bad worst worse poor | old/young new | rich/poor | male man boy husband father son brother king/female woman girl wife mother daughter sister queen
  people person/man woman child | boy girl child/man woman | day/night | morning/evening | black dark/white light | sit lie/stand run walk jump | sit/lie | walk/run
  legal/illegal | import/export | lend/borrow | give send/take receive | push/pull | open/shut close | alive live birth/dead die death
  first/last | early/late | fast/slow | easy simple/hard difficult | true/false | left/right | true right/wrong | east/west | north/south
  northern/southern | eastern/western | inside internal/outside external | public/private | maximum max/minimum min | positive/negative
  install add create/uninstall remove delete | enable/disable | accept approve allow permit/reject refuse deny forbid ban prohibit
  encrypt/decrypt | upload/download | login/logout | teacher/student | parent/child | employer/employee | buyer/seller | cause/prevent
  helicopter/plane airplane | dog/cat | land/water sea | victory/defeat | attack/defend defence | support/oppose
  income/expense | profit/loss | upgrade/downgrade | ancestor/descendant | winner/loser | present/absent past future | past/future
`

const concepts = new Map(
  groups(CONCEPTS).map(([word, name]) => [englishBaseForm(word), englishBaseForm(name)]),
)
const concept = (word: string) => concepts.get(englishBaseForm(word)) ?? englishBaseForm(word)

export const lexicon: Lexicon = {
  phrases,
  empty,
  questions,
  decisive,
  prepositions,
  strictPrepositions: wordSet('from to into by against with under over'),
  companion: 'with',
  genitive: 'of',
  impersonal: {
    how: 'how',
    persons: ['i', 'you'],
    objects: wordSet('me us'),
    manner: /^how (?:to|do|does|is|are|can|could|may|might|should|shall|must)(?!\p{L})/u,
  },
  capitalised: wordSet('I'),
  loosePrepositions: wordSet('of in_of for_of at_in about_on about_of for in at to on_at'),
  helpers,
  concepts,
  light: new Set(LIGHT.trim().split(/\s+/u).map(concept)),
  opposites: oppositePairs(OPPOSITES, concept),
  numerals: new Map([
    ...'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'
      .split(' ')
      .map((word, value): [string, string] => [word, String(value)]),
    ...'thirty forty fifty sixty seventy eighty ninety'
      .split(' ')
      .map((word, index): [string, string] => [word, String(30 + 10 * index)]),
    ...'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth'
      .split(' ')
      .map((word, index): [string, string] => [word, `${index + 1}.`]),
    ...'hundred thousand million billion trillion'.split(' ').map((word): [string, string] => [word, word]),
    ...'hundreds thousands millions billions'.split(' ').map((word): [string, string] => [word, word]),
    ['bn', 'billion'],
    ['mn', 'million'],
  ]),
  units: new Map(groups(UNITS)),
  ordinalSuffixes: wordSet('st nd rd th'),
  scales: ['hundred', 'thousand', 'million', 'billion', 'trillion', 'bn', 'mn'],
  perfect: wordSet('have has'),
  being: wordSet('is are was were am be been being get gets got'),
  isPast: (word) => word === 'been' || isPastForm(word),
  isContinuous: (word) => word.endsWith('ing'),
  isOtherRole: () => false,
  baseForm: englishBaseForm,
}
