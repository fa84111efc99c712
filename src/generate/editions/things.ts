/** Whether texts speak of one thing: `brass lamp` and `iron lamp` are two, however alike the rest is. */
import { ofAll } from '../../text/all-languages.ts'
import { contentWords, roots, writtenWords } from '../../text/content-words.ts'
import { KNOWLEDGE, languageOfWord } from '../../text/language.ts'

/** What is said about something. */
export interface Said {
  readonly text: string
  /** Title and headings above it. */
  readonly about: string
}

/** The roots of a question's words but for what is asked for: of `at which door does the piano arrive`, not `door`. */
export function thingsAsked(question: string): ReadonlySet<string> {
  const words = scan(question)
  const wanted = new Set(
    words.flatMap(({ root }, at) =>
      QUESTION_WORDS.has(words[at - 1]?.written.toLowerCase() ?? '') ? [root] : [],
    ),
  )
  return new Set(words.flatMap(({ root, isContent }) => (isContent && !wanted.has(root) ? [root] : [])))
}

/**
 * Whether two statements are about different things: they put different words before one of the question's words, or
 * say the same of something else with another number.
 */
export function areDifferentThings(asked: ReadonlySet<string>, a: Said, b: Said): boolean {
  const [left, right] = [wordsOf(a), wordsOf(b)]
  const [inLeft, inRight] = [new Set(left.map(({ root }) => root)), new Set(right.map(({ root }) => root))]
  const isApart = [...asked].some((root) => {
    const ofA = qualifiersOf(left, root)
    const ofB = qualifiersOf(right, root)
    return (
      ofA.some((word) => !asked.has(word) && !inRight.has(word)) &&
      ofB.some((word) => !asked.has(word) && !inLeft.has(word))
    )
  })
  return isApart || isSubstituted(asked, contentWords(a.text), contentWords(b.text))
}

/** More words that differ are another wording. */
const MAX_SUBSTITUTED = 2

type Content = ReturnType<typeof contentWords>

/** Whether word stands against word, and number against number, and all else is alike. */
function isSubstituted(asked: ReadonlySet<string>, a: Content, b: Content): boolean {
  if (a.length !== b.length) return false
  const other = a.flatMap(({ root, kind }, at) => {
    const against = b[at]
    if (against === undefined || root === against.root) return []
    return [{ roots: [root, against.root], isNumber: kind === 'number' || against.kind === 'number', at }]
  })
  const words = other.filter(({ isNumber }) => !isNumber)
  // `28 calendar days`, `Friday 4 July`: what belongs to a number is said of the thing.
  const isUnit = words.some(({ at }) => [-2, -1, 1].some((near) => a[at + near]?.kind === 'number'))
  return (
    words.length > 0 &&
    words.length < other.length &&
    words.length <= MAX_SUBSTITUTED &&
    !isUnit &&
    words.every(({ roots: [one = '', two = ''] }) => !asked.has(one) && !asked.has(two))
  )
}

/**
 * Whether the question names a thing that none of these statements does, while the best one, and others, each name
 * another one in its place: `the zinc lamp`, where there are a brass lamp and an iron lamp.
 */
export function namesAnotherThing(question: string, best: Said, all: readonly Said[]): boolean {
  const asked = scan(question)
  const held = new Set(all.flatMap(({ text, about }) => [...roots(`${about} ${text}`)]))
  const places = asked.flatMap((word, at) => {
    if (!word.isContent || held.has(word.root)) return []
    return headsOf(asked, at)
      .filter(({ head, link }) => held.has(head) && (link !== '' || isQualifier(word, asked[at - 1])))
      .map((place) => ({ ...place, root: word.root }))
  })
  if (places.length === 0) return false
  const own = new Set(asked.map(({ root }) => root))
  const said = all.map(wordsOf)
  return places.some(({ root, head, link }) => {
    const others = (words: readonly Word[]) => linked(words, head, link).filter((other) => !own.has(other))
    const distinct = new Set(said.flatMap(others))
    return (
      distinct.size > 1 &&
      others(wordsOf(best)).length > 0 &&
      ![...distinct].some((other) => isNearly(other, root))
    )
  })
}

const isQualifier = ({ written, isName }: Word, before: Word | undefined): boolean =>
  isName || KNOWLEDGE[languageOfWord(written)].isQualifier(written, before?.written ?? '')

interface Word {
  readonly written: string
  readonly root: string
  readonly isContent: boolean
  readonly isNumber: boolean
  readonly isName: boolean
  /** Whether nothing but a space or hyphen is between it and the word before. */
  readonly isNext: boolean
}

const wordsOf = ({ text, about }: Said): Word[] => [...scan(about), ...scan(text)]

function scan(text: string): Word[] {
  let end = 0
  return writtenWords(text).map((word, at) => {
    const written = text.slice(word.start, word.end)
    const isNext = at > 0 && /^[ \u00a0\n-]{1,2}$/u.test(text.slice(end, word.start))
    end = word.end
    const [content] = contentWords(written)
    return {
      written,
      root: content?.root ?? written.toLowerCase(),
      isContent: word.isContent,
      isNumber: content?.kind === 'number',
      isName: at > 0 && /^\p{Lu}/u.test(written),
      isNext,
    }
  })
}

/** The content words right before `root`, each of which tells it from others of its kind. */
const qualifiersOf = (words: readonly Word[], root: string): string[] => linked(words, root, '')

/** The words that stand before `head`, or behind it after the preposition `link`. */
const linked = (words: readonly Word[], head: string, link: string): string[] =>
  words.flatMap((word, at) => {
    const other = link === '' ? words[at + 1] : words[at - 2]
    const isBeside =
      link === ''
        ? other?.isNext === true
        : word.isNext && words[at - 1]?.isNext === true && words[at - 1]?.root === link
    const counts = word.isContent && !word.isNumber && isBeside && other?.root === head
    return counts ? [word.root] : []
  })

/** The words that the one at `at` may qualify: the one behind it, and the one before it and a preposition. */
function headsOf(words: readonly Word[], at: number): { readonly head: string; readonly link: string }[] {
  const [word, next, between, before] = [words[at], words[at + 1], words[at - 1], words[at - 2]]
  const heads: { head: string; link: string }[] = []
  if (next?.isNext === true && next.isContent) heads.push({ head: next.root, link: '' })
  if (
    word?.isNext === true &&
    between?.isNext === true &&
    before?.isContent === true &&
    PREPOSITIONS.has(between.root)
  )
    heads.push({ head: before.root, link: between.root })
  return heads
}

const QUESTION_WORDS = new Set(ofAll(({ lexicon }) => lexicon.questions.keys()))
const PREPOSITIONS = new Set(ofAll(({ lexicon }) => lexicon.prepositions.keys()))

/** Whether one may be the other with a letter wrong, missing or too many. */
function isNearly(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  const [restA, restB] = [a.slice(start), b.slice(start)]
  return (
    restA.slice(1) === restB.slice(1) ||
    restA.slice(1) === restB ||
    restA === restB.slice(1) ||
    swapped(restA, restB)
  )
}

const swapped = (a: string, b: string): boolean => a.slice(2) === b.slice(2) && a[0] === b[1] && a[1] === b[0]
