/** Removes only inflection: `university` and `universe`, `employer` and `employee` stay distinct. */
export function englishBaseForm(word: string): string {
  const base = VERBS.get(word) ?? NOUNS.get(word) ?? word
  if (base.length <= 3 || WHOLE.has(base) || !/^[a-z]+$/u.test(base)) return base
  return base === word ? plain(regular(base)) : plain(base)
}

/** True for forms that can only be past or a participle. */
export const isPastForm = (word: string): boolean =>
  PAST.has(word) || (/[a-z]{2}ed$/u.test(word) && !WHOLE.has(word))

const plain = (root: string): string =>
  squeeze((root.length > 5 ? root.replace(/e$/u, '') : root).replace(/y$/u, 'i'))

/** Doubled consonants in long words are the most common misspelling. */
const squeeze = (root: string): string =>
  root.length < 7 ? root : root.replace(/([b-df-hj-np-tv-z])\1/gu, '$1')

function regular(word: string): string {
  if (/ies$/u.test(word)) return word.length > 4 ? `${word.slice(0, -3)}y` : word.slice(0, -1)
  if (/(?:ss|sh|ch|x|zz)es$/u.test(word)) return word.slice(0, -2)
  if (/[^siu]s$/u.test(word)) return word.slice(0, -1)
  if (/^.{5,}ly$/u.test(word) && !/(?:mily|pply|nomaly|nopoly)$/u.test(word))
    return regular(word.slice(0, -2))
  const verb = word.replace(/(?:ing|ed)$/u, '')
  if (verb === word || verb.length < 3 || !/[aeiouy]/u.test(verb)) return word
  return verb.replace(/([bdgmnprt])\1$/u, '$1').replace(/([^aeiou])i$/u, '$1y')
}

/** Base form first, then the others. */
const VERBS = forms(`
  write wrote written writing|win won winning|build built|make made making|take took taken taking|give gave given giving
  go went gone|come came coming|see saw seen|know knew known|get got gotten getting|find found|think thought|say said
  tell told|become became|begin began begun|break broke broken|bring brought|buy bought|catch caught|choose chose chosen
  die died dying|draw drew drawn|drink drank drunk|drive drove driven driving|eat ate eaten|fall fell fallen
  feel felt|fight fought|fly flew flown|forget forgot forgotten|grow grew grown|hear heard|hold held|keep kept
  lead led|leave leaving|lie lying|lose lost losing|mean meant|meet met|pay paid|ride rode ridden riding|ring rang rung
  rise rose risen rising|run ran running|sell sold|send sent|shoot shot|sing sang sung|sit sat sitting|sleep slept
  speak spoke spoken|spend spent|stand stood|steal stole stolen|swim swam swum|teach taught|throw threw thrown
  understand understood|learn learnt|spell spelt|burn burnt|wear wore worn|use used using|swear swore sworn|feed fed|bleed bled|have having
  beat beaten|bite bit bitten|blow blew blown|do done doing|hide hid hidden hiding|show shown|wake woke woken
`)
const NOUNS = forms(`
  man men|woman women|child children|person persons|foot feet|tooth teeth|mouse mice|life lives|wife wives|leaf leaves
  half halves|knife knives|goose geese|analysis analyses|crisis crises|thesis theses
`)
/** Words that end like an inflection but have none. */
const WHOLE: ReadonlySet<string> = new Set(
  `king ring string spring thing wing during something anything nothing everything evening morning wedding being
  hundred speed seed need feed breed bleed indeed naked sacred red bed`.split(/\s+/u),
)
const PAST: ReadonlySet<string> = new Set([...VERBS.keys()].filter((form) => !form.endsWith('ing')))

function forms(table: string): ReadonlyMap<string, string> {
  return new Map(
    table.split(/[|\n]/u).flatMap((line) => {
      const [base = '', ...others] = line.trim().split(/\s+/u)
      return others.map((form): [string, string] => [form, base])
    }),
  )
}
