/** Splits a message that asks several things into questions that are searched and answered one by one. */
import { anyOf, ofAll } from '../text/all-languages.ts'
import { contentWords, roots } from '../text/content-words.ts'
import { followUpOf, withoutOpening } from './follow-up.ts'
import { withTopic } from './standalone.ts'
import type { Said } from './topic.ts'

export interface QuestionPart {
  /** As it was asked: a question, or one of the things that are compared. */
  readonly asked: string
  readonly standalone: string
}

/**
 * `questions`: each needs an answer of its own. `sides`: the same is asked of several things, which one passage may tell
 * together.
 */
export interface QuestionParts {
  readonly kind: 'questions' | 'sides'
  readonly parts: readonly QuestionPart[]
}

/** More questions at once are a pasted text rather than a message. */
const MAX_PARTS = 4
/** UTF-16 code units. */
const MAX_QUESTION_CHARACTERS = 1000

/** Undefined: it asks one thing. */
export function partsOf(question: string): QuestionParts | undefined {
  if (question.length > MAX_QUESTION_CHARACTERS) return undefined
  const text = question.trim().replace(/\s+/gu, ' ')
  const sentences = sentencesOf(text)
  const asked = sentences.flatMap(clausesOf)
  if (asked.length > MAX_PARTS) return undefined
  if (asked.length > 1) return { kind: 'questions', parts: standaloneParts(asked) }
  const parts = sidesOf(withoutMarks(text))
  return parts && { kind: 'sides', parts }
}

const QUESTION_WORDS = ofAll(({ lexicon }) => lexicon.questions.keys()).join('|')
const PREPOSITIONS = ofAll(({ lexicon }) => lexicon.prepositions.keys()).join('|')
const HELPERS = new Set(ofAll(({ lexicon }) => lexicon.helpers.keys()))
const JOINS = anyOf(({ severalQuestions }) => severalQuestions.joins)
const FRAMES = anyOf(({ severalQuestions }) => severalQuestions.frames)
const YES_NO = anyOf(({ severalQuestions }) => severalQuestions.yesNo)
const KNOWING = new Set(ofAll(({ severalQuestions }) => severalQuestions.knowing))
const SUBORDINATING = new Set(ofAll(({ severalQuestions }) => severalQuestions.subordinating))
const PREDICATIVE = new Set(ofAll(({ severalQuestions }) => severalQuestions.predicative))
const HELPER = [...HELPERS].join('|')

/** `for how long`, `which`, `do I`. */
const OPENING = `(?:(?:${PREPOSITIONS}) )?(?:${QUESTION_WORDS})(?![\\p{L}\\p{N}-])|${YES_NO}(?![\\p{L}\\p{N}])`
const OPENS = new RegExp(`^(?:${FRAMES} )?(?:${OPENING}|(?:${HELPER})(?![\\p{L}\\p{N}]))`, 'iu')
const JOINED = new RegExp(`([,;])? (?:(${JOINS}) )?(?=${OPENING})`, 'giu')
const IS_PREPOSITION = new RegExp(`^(?:${PREPOSITIONS})$`, 'iu')
/** Before a question: its number in a list, and what joins it to the one before. */
const LEADING = new RegExp(`^(?:(?:\\d{1,2}[.)]|[-*•]) )?(?:${JOINS},? )?`, 'iu')
const QUESTION_WORD = new RegExp(`(?<![\\p{L}\\p{N}-])(?:${QUESTION_WORDS})(?![\\p{L}\\p{N}-])`, 'giu')

const WORD = /[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu
const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(WORD) ?? []
/** Beside its question words. */
const contentOf = (text: string) => contentWords(text.replace(QUESTION_WORD, ''))
const hasContent = (text: string): boolean => contentOf(text).length > 0
const hasHelper = (text: string): boolean => wordsOf(text).some((word) => HELPERS.has(word))
const questionWordsOf = (text: string): readonly string[] =>
  (text.match(QUESTION_WORD) ?? []).map((word) => word.toLowerCase())

const MARKS = ' ?!.,;:'

/** Without the marks at its end. */
function withoutMarks(text: string): string {
  let end = text.length
  while (end > 0 && MARKS.includes(text.charAt(end - 1))) end -= 1
  return text.slice(0, end)
}

/** What stands between marks is quoted, not asked. Its length stays. */
const QUOTED = [/`[^`]+`/gu, /"[^"]+"/gu, /«[^«»]+»/gu, /“[^“”]+”/gu, /\([^()]+\)/gu]
const masked = (text: string): string =>
  QUOTED.reduce((shown, quoted) => shown.replace(quoted, ({ length }) => '_'.repeat(length)), text)

/** Fewer words without a question word, as in `Anyone?`, belong to the question before. */
const MIN_WORDS = 3

/** Sentences that end with a question mark; what else is said stays with the question before or after it. */
function sentencesOf(text: string): string[] {
  const sentences: string[] = []
  let from = 0
  const add = (sentence: string, isEnd: boolean) => {
    const bare = sentence.replace(LEADING, '')
    const isQuestion = OPENS.test(bare) || (!isEnd && wordsOf(bare).length >= MIN_WORDS)
    if (isQuestion && hasContent(bare)) sentences.push(sentence)
    else sentences.push(`${sentences.pop() ?? ''} ${sentence}`.trim())
  }
  for (const { index, 0: marks } of masked(text).matchAll(/(?<![?!\s])[?!]+(?= |$)/gu)) {
    if (!marks.includes('?')) continue
    const end = index + marks.length
    add(text.slice(from, end).trim(), false)
    from = end
  }
  const rest = text.slice(from).trim()
  if (rest !== '') add(rest, true)
  return sentences
}

/** The questions that a sentence joins: `How long is A, how much is B, and who gets C?` */
function clausesOf(sentence: string): string[] {
  const whole = withoutMarks(sentence)
  const shown = masked(whole)
  const told = Math.max(...['. ', '! '].map((end) => shown.lastIndexOf(end) + end.length))
  const start = OPENS.test(shown.replace(LEADING, '')) ? 0 : told
  if (!OPENS.test(shown.slice(start).replace(LEADING, ''))) return [whole]
  const bounds = [...shown.matchAll(JOINED)].filter(
    ([, comma, join]) => comma !== undefined || join !== undefined,
  )
  const clauses: string[] = []
  let from = 0
  for (const [at, { 0: joint, 2: join, index }] of bounds.entries()) {
    if (index < start) continue
    const before = shown.slice(Math.max(from, start), index)
    const after = shown.slice(index + joint.length)
    const isListed =
      join !== undefined ||
      isList(
        before,
        after,
        bounds.slice(at + 1).some((later) => later[2] !== undefined),
      )
    // A second question word within a clause opens a part of it, and may be what the join continues.
    if (!isListed || questionWordsOf(before).length > 1) continue
    if (!hasContent(whole.slice(from, index)) || !hasContent(withoutMarks(after))) continue
    clauses.push(whole.slice(from, index))
    from = index + joint.length
  }
  return [...clauses, whole.slice(from)].map((clause) => clause.trim())
}

/** Whether a comma alone separates two questions, rather than a question and what is known or when it applies. */
function isList(before: string, after: string, isContinued: boolean): boolean {
  const isSame = questionWordsOf(before)[0] === questionWordsOf(after)[0]
  const [word = '', next = ''] = wordsOf(after)
  const isSubordinate = SUBORDINATING.has(word) && !HELPERS.has(next)
  return (isSame || isContinued) && !isSubordinate && !KNOWING.has(wordsOf(before).at(-1) ?? '')
}

/** A part that leans on another one gets its topic, as a follow-up does. */
function standaloneParts(asked: readonly string[]): QuestionPart[] {
  const parts: QuestionPart[] = []
  for (const [index, written] of asked.entries()) {
    const bare = written.replace(LEADING, '')
    const before = parts.at(-1)
    const next = asked[index + 1]
    let standalone = `${bare}?`
    if (before === undefined) standalone = next === undefined ? standalone : completed(bare, next)
    else if (leans(bare, before.asked))
      standalone = aboutThat(bare, { question: before.asked, searched: before.standalone })
    parts.push({ asked: bare, standalone: withoutOpening(standalone) })
  }
  return parts
}

const aboutThat = (part: string, said: Said): string =>
  withTopic(`${part}?`, followUpOf(`${part}?`) ?? {}, [said])

/** At most as many content words may lack a predicate. */
const MAX_LEANING_WORDS = 3

function leans(part: string, before: string): boolean {
  if (followUpOf(`${part}?`)?.pronoun !== undefined) return true
  const content = contentOf(part)
  if (hasHelper(part) || content.length > MAX_LEANING_WORDS || content.some(({ kind }) => kind !== 'word'))
    return false
  const words = wordsOf(part)
  const [word = ''] = questionWordsOf(part)
  const at = words.indexOf(word)
  if (content.length <= 1) return PREDICATIVE.has(word) || (at > 0 && words.length <= at + 2)
  // `how much is a day, and how much for a week`
  const isAlike = at > 0 || word === questionWordsOf(before)[0]
  const known = roots(before)
  return (
    isAlike &&
    words.slice(at + 1, at + 3).some((next) => IS_PREPOSITION.test(next)) &&
    !content.some(({ root }) => known.has(root))
  )
}

/** The first question may have its predicate in the second: `How much RAM and which database does it need?` */
function completed(first: string, second: string): string {
  const content = contentOf(first)
  const [word = ''] = questionWordsOf(first)
  if (hasHelper(first) || content.length >= MAX_LEANING_WORDS) return `${first}?`
  const from = [...second.matchAll(WORD)].find(([written]) => HELPERS.has(written.toLowerCase()))
  if (from !== undefined) return /ed$/u.test(first) ? `${first}?` : `${first} ${second.slice(from.index)}?`
  return content.length <= 1 && PREDICATIVE.has(word) && contentOf(second).length > 1
    ? aboutThat(first, { question: second })
    : `${first}?`
}

/** Words of one of the things that are compared. */
const MAX_SIDE_WORDS = 8

const isSide = (text: string): boolean =>
  /[\p{L}\p{N}]/u.test(text) && wordsOf(text).length <= MAX_SIDE_WORDS && !OPENS.test(text)

/** The things that a question compares or takes together, each in a question of its own; undefined if there are none. */
const sidesOf = (text: string): QuestionPart[] | undefined =>
  comparedSides(text) ?? choiceOf(text) ?? repeatedPreposition(text)

const FRAME = new RegExp(`^${FRAMES} `, 'iu')
const COMPARISONS = ofAll(({ severalQuestions }) => severalQuestions.comparisons).map(
  ({ opening, between, join }) => ({
    opening: new RegExp(`^${opening} `, 'iu'),
    between: between === undefined ? undefined : new RegExp(`(?:^| )${between} `, 'iu'),
    join: new RegExp(`,? ${join} `, 'iu'),
  }),
)
const VERSUS = new RegExp(` ${anyOf(({ severalQuestions }) => severalQuestions.versus)} `, 'iu')
const RESPECT = new RegExp(` ${anyOf(({ severalQuestions }) => severalQuestions.respect)} `, 'iu')

/** `What is the difference in price between A and B?`, `Compare A, B and C by price`, `A vs B` */
function comparedSides(text: string): QuestionPart[] | undefined {
  const versus = text.split(VERSUS)
  if (versus.length === 2 && versus.every((side) => isSide(side) && !side.includes(',')))
    return sidesBy('', versus)
  const asked = text.replace(FRAME, '')
  for (const { opening, between, join } of COMPARISONS) {
    const begun = opening.exec(asked)?.[0]
    if (begun === undefined) continue
    const rest = asked.slice(begun.length)
    const [attribute, things = rest] = between === undefined ? [''] : splitOnce(rest, between)
    const [listed = '', last, ...more] = things.split(join)
    if (last === undefined || more.length > 0) continue
    const alike = alikeSides(listed, last)
    if (alike !== undefined) return sidesBy(` ${alike.attribute}`, alike.sides)
    const others = listed.split(', ')
    const respect = others.some((side) => RESPECT.test(side)) ? -1 : last.search(RESPECT)
    const sides = [...others, respect < 0 ? last : last.slice(0, respect)]
    const by = things === rest ? (respect < 0 ? '' : last.slice(respect)) : ` ${attribute}`
    if (sides.length <= MAX_PARTS && sides.every(isSide)) return sidesBy(by.trimEnd(), sides)
  }
  return undefined
}

/** `the fee for members` and `for guests` */
function alikeSides(listed: string, last: string) {
  const [preposition = '', ...rest] = last.split(' ')
  const at = listed.indexOf(` ${preposition} `)
  const sides = [listed.slice(at + preposition.length + 2), rest.join(' ')]
  if (at < 0 || !IS_PREPOSITION.test(preposition) || !sides.every(isSide)) return undefined
  return { attribute: listed.slice(0, at), sides }
}

/** What is before and behind the first match; only what is before if there is none. */
function splitOnce(text: string, separator: RegExp): readonly [string, string?] {
  const found = separator.exec(text)
  return found === null ? [text] : [text.slice(0, found.index), text.slice(found.index + found[0].length)]
}

const sidesBy = (attribute: string, sides: readonly string[]): QuestionPart[] =>
  sides.map((side) => ({ asked: side, standalone: `${side}${attribute}` }))

const OR = new RegExp(` ${anyOf(({ severalQuestions: { or, versus } }) => [...or, ...versus])} `, 'iu')

/** `Which is lighter, A, B or C?`, `A or B: which is lighter?` */
function choiceOf(text: string): QuestionPart[] | undefined {
  const pieces = text.split(/ ?[,:;?—–] /u)
  const asking = pieces.findIndex((piece) => OPENS.test(piece) && questionWordsOf(piece).length > 0)
  const last = pieces.findIndex((piece, at) => at !== asking && OR.test(piece))
  if (asking < 0 || last < 0) return undefined
  const sides = pieces.slice(last > asking ? asking + 1 : 0, last + 1).flatMap((piece) => piece.split(OR))
  if (sides.length > MAX_PARTS || !sides.every((side) => isSide(side) && hasContent(side))) return undefined
  return sides.map((side) => ({ asked: side, standalone: `${pieces[asking]}: ${side}?` }))
}

const IS_JOIN = new RegExp(`^${JOINS}$`, 'iu')

/** `How long is the guarantee on A and on B?` */
function repeatedPreposition(text: string): QuestionPart[] | undefined {
  if (!OPENS.test(text)) return undefined
  const words = text.split(' ')
  const join = words.findLastIndex((word) => IS_JOIN.test(word))
  const preposition = words[join + 1]
  if (join < 0 || preposition === undefined || !IS_PREPOSITION.test(preposition)) return undefined
  const first = words.lastIndexOf(preposition, join - 1)
  if (first < 0) return undefined
  const sides = [words.slice(first + 1, join), words.slice(join + 2)].map((side) => side.join(' '))
  if (!sides.every((side) => isSide(side) && !hasHelper(side))) return undefined
  const question = words.slice(0, first + 1).join(' ')
  return sides.map((side) => ({ asked: side, standalone: `${question} ${side}?` }))
}
