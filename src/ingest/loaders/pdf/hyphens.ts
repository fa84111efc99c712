/** Joins lines, restoring words hyphenated at the end of a line. */
import { anyOf } from '../../../text/all-languages.ts'

/** Words that occur unbroken in a document, in lower case; they show whether a broken word has a hyphen of its own. */
export type Vocabulary = ReadonlySet<string>

const WORD = /\p{L}+(?:[-\u2010\u2011]\p{L}+)*/gu
const KEEPS_BEFORE = new RegExp(`^${anyOf(({ documents }) => documents.keepsHyphenBefore)}(?!\\p{L})`, 'iu')
const KEEPS_AFTER = new RegExp(
  `(?<!\\p{L})(?:${anyOf(({ documents }) => documents.keepsHyphenAfter)}|\\p{Lu}+)$`,
  'u',
)

export function vocabularyOf(lines: Iterable<string>): Vocabulary {
  const words = new Set<string>()
  for (const line of lines) {
    const found = line.match(WORD) ?? []
    // The last word may continue on the next line.
    if (/[-\u2010\u00ad]\s*$/u.test(line)) found.pop()
    for (const word of found) if (words.size < MAX_WORDS) words.add(plain(word))
  }
  return words
}

const MAX_WORDS = 500_000
const plain = (word: string): string => word.toLowerCase().replace(/[\u2010\u2011]/gu, '-')

/** How much of a text's end decides how the next line is joined: more than the longest word; UTF-16 code units. */
const TAIL_CHARACTERS = 200

export interface JoinedLines {
  add: (line: string) => void
  /** Adds text as it is, without a space. */
  append: (text: string) => void
  /** The end of the joined text; all of it while it is short. */
  tail: () => string
  text: () => string
}

/** Joins lines one by one in linear time: each looks back only at the tail, as a paragraph may have thousands of lines. */
export function createJoined(first: string, words: Vocabulary): JoinedLines {
  const done: string[] = []
  let tail = first
  const settle = (): void => {
    if (tail.length <= 2 * TAIL_CHARACTERS) return
    done.push(tail.slice(0, -TAIL_CHARACTERS))
    tail = tail.slice(-TAIL_CHARACTERS)
  }
  settle()
  return {
    add(line) {
      tail = joinLines(tail, line, words)
      settle()
    },
    append(text) {
      tail += text
      settle()
    },
    tail: () => tail,
    text: () => done.join('') + tail,
  }
}

/** Joins two lines with a space, or by restoring the broken word between them. */
function joinLines(before: string, after: string, words: Vocabulary): string {
  const head = DIVIDED.exec(before)
  const tail = /^\p{L}+/u.exec(after)?.[0]
  if (!head?.[1] || !head[2] || !tail) {
    const tight = /(?<=\s|^)[([«“]$|[/\u2014]$/u.test(before) && !/\s$/u.test(before)
    return CJK_END.test(before) && CJK_START.test(after)
      ? before + after
      : `${before}${tight ? '' : ' '}${after}`
  }
  const start = before.slice(0, -1)
  if (head[2] === '\u00ad') return start + after
  const keeps = (): boolean => {
    if (words.has(plain(head[1] + tail))) return false
    if (words.has(plain(`${head[1]}-${tail}`))) return true
    const [half, other] = [plain(head[1] ?? ''), plain(tail)]
    if (half.length > 2 && other.length > 2 && words.has(half) && words.has(other)) return true
    return /^\p{Lu}/u.test(tail) || KEEPS_BEFORE.test(after) || KEEPS_AFTER.test(head[1] ?? '')
  }
  return keeps() ? `${start}-${after}` : start + after
}

/** The first part of a broken word, and its hyphen. */
const DIVIDED = /(?<!\p{L})(?<!\p{L}[-\u2010\u2011])(\p{L}+(?:[-\u2010\u2011]\p{L}+)*)([-\u2010\u00ad])$/u
const CJK_END = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}。、]$/u
const CJK_START = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}。、]/u
