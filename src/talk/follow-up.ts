/** Whether a question leans on what was said before: by a pronoun, by its opening, or by having no subject. */
import { terms } from '../text/terms.ts'

export interface Leaning {
  /** The word that stands for what was said before. */
  readonly pronoun?: { readonly word: string; readonly index: number }
}

/** Undefined: the question stands alone. */
export function leanings(question: string): Leaning | undefined {
  if (question.length > LONGEST) return undefined
  const pronoun = pronounOf(question)
  if (pronoun !== undefined) return { pronoun }
  const content = terms(question)
  const named = content.some(({ kind }) => kind !== 'word')
  if (opens(question) && !(named && content.length > 3)) return {}
  return content.length <= FEW && !named ? {} : undefined
}

/** Without "and", "what about": they tie a question to the one before and say nothing by themselves. */
export function withoutOpening(question: string): string {
  const bare = question.replace(OPENING, '')
  return bare.trim() === '' ? question : bare
}

const opens = (question: string) => (OPENING.exec(question)?.[0].trim() ?? '') !== ''

/** UTF-16 code units, beyond which a text says itself what it is about; looking for pronouns in more takes its time. */
const LONGEST = 1000

/** Content words that are too few for a question of its own. */
const FEW = 2

/** `\b` knows Latin letters only. */
const words = (alternatives: string, flags: string) =>
  new RegExp(`(?<![\\p{L}\\p{N}])(?:${alternatives})(?![\\p{L}\\p{N}])`, flags)

const OPENING =
  /^\s*(?=\p{L})(?:(?:and|but|so|ok(?:ay)?|also|then|well|ну|а|и|но|так|тогда|также|еще|ещё)(?:,\s*|\s+))*(?:(?:what|how)\s+about\s+|(?:а\s+)?(?:что|как)\s+(?:насч[её]т|касательно|по\s+поводу)\s+)?/iu

const PRONOUN = words(
  'he|him|his|she|her|hers|it|its|they|them|their|theirs|this|that|these|those|there|он|она|оно|они|его|её|ее|ему|ей|им|ими|их|нему|него|ней|неё|нее|ним|ними|них|нём|нем|этот|эта|это|эти|этого|этой|этих|этому|этим|этими|этом|эту|там|туда|оттуда|тот|та|те|того|той|тех',
  'giu',
)

/** Pronouns that are looked at: each takes the text before it. */
const MOST_PRONOUNS = 32

function pronounOf(question: string): Leaning['pronoun'] {
  for (const { 0: word, index } of [...question.matchAll(PRONOUN)].slice(0, MOST_PRONOUNS)) {
    const before = question.slice(0, index)
    const after = question.slice(index + word.length)
    if (isAnaphor(word.toLowerCase(), before, after)) return { word, index }
  }
  return undefined
}

/** Content words of an earlier clause that say what a pronoun means: `Can I extend the chat, and how do I do that?` */
const ENOUGH_BEFORE = 2

const CLAUSE =
  /[,;.!?]\s|(?<![\p{L}])(?:and|but|и|а|но)\s+(?=(?:how|when|where|who|what|why|if|did|do|does|is|was|как|когда|где|кто|что|чем|почему|если|сколько)(?![\p{L}]))/iu

/** Whether the question says itself, before the pronoun, whom it means. */
function hasAntecedent(before: string, after: string): boolean {
  const clauses = before.split(CLAUSE)
  const earlier = terms(clauses.slice(0, -1).join(' '))
  if (earlier.length >= ENOUGH_BEFORE || earlier.some(({ kind }) => kind === 'name')) return true
  // `In what year did Spain join it?`: the object of a name is another.
  return after.trim().length > 1 && terms(`x ${clauses.at(-1)}`).some(({ kind }) => kind === 'name')
}

/** Not the "it" of "is it true that", not "the fact that …", and not what a name before it in the question explains. */
function isAnaphor(word: string, before: string, after: string): boolean {
  if (hasAntecedent(before, after)) return false
  if (word === 'it') return !EXPLETIVE.test(after)
  if (word === 'there')
    return !/(?:is|are|was|were|be|been)\s*$/iu.test(before) && !/^\s+(?:is|are|was|were)\b/iu.test(after)
  if (word === 'that')
    return (
      /^[?.!,]?$/u.test(after.trim()) ||
      /^\s+(?:is|was|the|one|time|year|place|war|work)\b/iu.test(after) ||
      /(?:of|about|after|before|do|does|did|is|was|in|for|on|why)\s*$/iu.test(before)
    )
  if (/^(?:тот|та|те|того|той|тех)$/u.test(word)) return !/^,?\s*(?:котор|кто|что)/u.test(after)
  return true
}

const EXPLETIVE =
  /^\s+(?:true|possible|necessary|important|safe|legal|better|worth|ok|okay|a good idea|take)\b/iu
