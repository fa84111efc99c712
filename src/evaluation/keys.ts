/** Matches the keys of a correct answer in a text; docs/EVALUATION.md has the rules. */
import type { Language } from '../domain/language.ts'
import { anyOf } from '../text/all-languages.ts'
import { foldLetters } from '../text/fold.ts'
import { KNOWLEDGE } from '../text/language.ts'

export interface Comparing {
  /** Language of the text: `1,000` is a thousand in English, `0,5` a half in Russian. */
  readonly language?: Language
  readonly caseSensitive?: boolean
}

/** Whether the text contains at least one key of each group. */
export function meets(text: string, groups: readonly (readonly string[])[], how: Comparing): boolean {
  const whole = plain(text, how)
  return groups.every((keys) => keys.some((key) => holds(whole, plain(key, how))))
}

/** Normalises a text: no Markdown or citation marks, uniform quotes, dashes and spaces, no digit grouping. */
export function plain(text: string, { language = 'en', caseSensitive = false }: Comparing = {}): string {
  const lines = withoutBlockMarks(oneSpelling(text).split('\n')).join('\n')
  const numbers = ungrouped(withoutInlineMarks(lines), language)
  const line = numbers
    .replace(/[|│¶]/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/(?<=\d) (?=[%°‰₽€$])/g, '')
    .trim()
  return caseSensitive ? line : line.toLowerCase()
}

function oneSpelling(text: string): string {
  return foldLetters(
    text
      .replace(/\r\n?/g, '\n')
      // Before compatibility normalisation: 50¹ is not 501.
      .replace(/[²³¹⁰-⁹₀-₉]+/g, ' $&')
      .normalize('NFKC')
      .replace(/[\u00ad\u200b-\u200f\u2060\ufeff]/g, '')
      .replace(/[\u2018-\u201b\u2032\u00b4\u02bc]/g, "'")
      .replace(/[\u201c-\u201f\u00ab\u00bb\u2033]/g, '"')
      .replace(/[\u2010-\u2015\u2212\u2043]/g, '-'),
  )
}

function withoutBlockMarks(lines: readonly string[]): string[] {
  let before = ''
  return lines.map((line) => {
    // `50.` starts an item only where a list can start: a sentence may be wrapped before it.
    const isListed = before === '' || /[.:;!?]$/.test(before) || /^(?:\d{1,3}[.)]|[-*+•])\s/.test(before)
    before = line.trim()
    if (/^(?:```|~~~)/.test(before) || isRule(before)) return ''
    const rest = line
      .replace(/^\s*>\s+(?:>\s+)*/, '')
      .replace(/^\s*#{1,6}\s+/, '')
      .replace(/^\s*[-*+•]\s+(?:\[[ xX]\]\s+)?/, '')
    return isListed ? rest.replace(/^\s*\d{1,3}[.)]\s+(?=\S)/, '') : rest
  })
}

/** A horizontal rule, or the one between a table's head and its rows. */
const isRule = (line: string) => line.includes('---') && /^[\s:|-]+$/.test(line)

const ENTITIES: Readonly<Record<string, string>> = {
  nbsp: ' ',
  lt: '<',
  gt: '>',
  quot: '"',
  amp: '&',
}
const TAG = /<\/?([a-z]+)(?:\s[^<>]*|\/)?>/gi
const TAGS: ReadonlySet<string> = new Set(
  'br p div a b i em strong code pre sub sup kbd span ul ol li table tr td th'.split(' '),
)
/** A number alone in brackets is a mark. */
const LABEL = /!?\[(?!\d+\])([^[\]\n]+)\]\(/g
const TARGET = /[^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+"[^"\n]*")?\)/y

function withoutInlineMarks(text: string): string {
  const untagged = text
    .replace(/&(nbsp|lt|gt|quot|amp);/g, (_, name: string) => ENTITIES[name] ?? '')
    .replace(TAG, (tag, name: string) => (TAGS.has(name.toLowerCase()) ? ' ' : tag))
  return withLabels(untagged)
    .replace(/\[\d{1,2}\]/g, ' ')
    .replace(/\\([\\`*_{}[\]()#+\-.!|<>~])/g, '$1')
    .replace(/(?<=\d)\*+(?=\d)/g, ' ')
    .replace(/[*`]|~~/g, '')
    .replace(/(?<![\p{L}\p{N}_])_{1,3}(?=[^\s_])|(?<=[^\s_])_{1,3}(?![\p{L}\p{N}_])/gu, '')
}

/** Replaces links by their labels. */
function withLabels(text: string): string {
  let shown = ''
  let from = 0
  for (const { 0: opening, 1: label, index } of text.matchAll(LABEL)) {
    TARGET.lastIndex = index + opening.length
    if (index < from || !TARGET.test(text)) continue
    shown += text.slice(from, index) + label
    from = TARGET.lastIndex
  }
  return shown + text.slice(from)
}

function ungrouped(text: string, language: Language): string {
  const numbers = text.replace(/(?<!\d)\d+(?: \d+)+/g, (run, at: number) =>
    /[.,:]/.test(text[at - 1] ?? '') ? run : joined(run.split(' ')),
  )
  switch (KNOWLEDGE[language].numbers.comma) {
    case 'groups':
      return numbers.replace(/(?<![\d.,:])[1-9]\d{0,2}(?:,\d{3})+(?!,?\d)/g, (number) =>
        number.replaceAll(',', ''),
      )
    case 'decimal':
      return numbers.replace(/(?<=\d),(?=\d)/g, '.')
  }
}

/** Groups of three follow one to three digits: `1 000 2024` is 1000 and 2024. */
function joined([first = '', ...groups]: readonly string[]): string {
  const other = groups.findIndex(({ length }) => length !== 3)
  const own = first.length > 3 ? 0 : other < 0 ? groups.length : other
  return [first + groups.slice(0, own).join(''), ...groups.slice(own)].join(' ')
}

/** A longer key may be a stem. */
const LONGEST_WHOLE_WORD = 4

/**
 * Both are normalised. A key starts where a word or number starts, and numbers match as a whole: 50 does not match in
 * 50.5, 1.50, 150 or 7:50, but in 50%, 50-page and "50.".
 */
function holds(text: string, key: string): boolean {
  const [head = '', ...rest] = key.split(INSIDE_AMOUNT)
  if (head === '') return false
  for (let at = text.indexOf(head); at >= 0; at = text.indexOf(head, at + 1)) {
    const end = endOf(rest, text, at + head.length)
    if (end !== undefined && begins(key, text, at) && ends(key, text, end)) return true
  }
  return false
}

/** `10MB` is `10 MB`. */
const INSIDE_AMOUNT = /(?<=\d) ?(?=\p{L})/u

/** Where the pieces at this position end, each with or without a space before it; undefined if they do not match. */
function endOf(pieces: readonly string[], text: string, from: number): number | undefined {
  let at = from
  for (const piece of pieces) {
    if (text[at] === ' ') at += 1
    if (!text.startsWith(piece, at)) return undefined
    at += piece.length
  }
  return at
}

const NUMBER_BEGINS = /(?<!\d)(?<!\d\.)(?<!(?<![\d.])\d{1,2}:)(?:(?<!\p{L})|(?<=(?<![\p{L}\d])v))/uy
const WORD_BEGINS = /(?<![\p{L}\d])/uy
/** Followed by a unit or by no letter: `250kg`, but neither `50k`, which is another number, nor `40P01`. */
const NUMBER_ENDS = new RegExp(
  `(?!\\d)(?!\\.\\d)(?!:\\d\\d(?!\\d))(?=$|[^\\p{L}]|${anyOf(({ numbers }) => numbers.units)}(?![\\p{L}\\d]))`,
  'uy',
)
const WORD_ENDS = /(?![\p{L}\d])/uy

function begins(key: string, text: string, at: number): boolean {
  if (/^\d/.test(key)) return fitsAt(NUMBER_BEGINS, text, at)
  return !/^\p{L}/u.test(key) || fitsAt(WORD_BEGINS, text, at)
}

function ends(key: string, text: string, at: number): boolean {
  if (/\d$/.test(key)) return fitsAt(NUMBER_ENDS, text, at)
  return key.length > LONGEST_WHOLE_WORD || !/\p{L}$/u.test(key) || fitsAt(WORD_ENDS, text, at)
}

function fitsAt(place: RegExp, text: string, at: number): boolean {
  place.lastIndex = at
  return place.test(text)
}
