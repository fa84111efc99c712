/** What is right of an answer to a case of test/data/cases; NOTICE there tells the fields. */

import type { Certainty } from '../src/domain/certainty.ts'

/** A string, or several of which one is enough. */
export type OneOf = string | readonly string[]

export interface Ask {
  readonly question?: string
  /** Words of a command line, unquoted. */
  readonly words?: readonly string[]
  readonly history?: readonly { readonly question: string; readonly answer: string }[]
  readonly must?: readonly OneOf[]
  readonly first?: readonly OneOf[]
  readonly mustNot?: readonly string[]
  readonly lacks?: readonly string[]
  readonly refused?: boolean
  readonly hedge?: boolean
  readonly cites?: OneOf
  readonly max?: number
}

interface Answer {
  readonly text: string
  readonly certainty: Certainty
  readonly citations: readonly { readonly uri: string }[]
}

export const list = (value: OneOf = []): readonly string[] => (typeof value === 'string' ? [value] : value)

const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\[\d+\]/g, ' ')
    .replace(/[*`|#>]/g, ' ')
    .replace(/[–—−‑]/g, '-')
    .replace(/[’‘]/g, "'")
    .replace(/[“”„«»]/g, '"')
    .replace(/\u00ad/g, '')
    .replace(/\s+/g, ' ')
    .trim()

const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u

/** The text is plain. */
function holds(text: string, key: string): boolean {
  if (key.length > 2 && key.startsWith('/') && key.endsWith('/'))
    return new RegExp(key.slice(1, -1), 'u').test(text)
  const word = plain(key.replace(/^\*|\*$/g, ''))
  if (CJK.test(word)) return text.includes(word)
  const isOpen = { left: key.startsWith('*'), right: key.endsWith('*') }
  const left = isOpen.left || !/^[\p{L}\p{N}]/u.test(word) ? '' : '(?<![\\p{L}\\p{N}])(?<!\\p{N}[.,])'
  const right = isOpen.right || !/[\p{L}\p{N}]$/u.test(word) ? '' : '(?![\\p{L}\\p{N}])(?![.,]\\p{N})'
  const escaped = word.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&').replace(/ /g, '\\s+')
  return new RegExp(left + escaped + right, 'u').test(text)
}

/** Groups of which no key is there. */
export function missing(text: string, groups: readonly OneOf[] = [], says = 'lacks'): string[] {
  const said = plain(text)
  return groups
    .filter((group) => !list(group).some((key) => holds(said, key)))
    .map(
      (group) =>
        `${says} ${list(group)
          .map((key) => JSON.stringify(key))
          .join(' or ')}`,
    )
}

export function unwanted(text: string, keys: readonly string[] = []): string[] {
  const said = plain(text)
  return keys.filter((key) => holds(said, key)).map((key) => `says ${JSON.stringify(key)}`)
}

export const exactly = (text: string, strings: readonly string[] = []): string[] =>
  strings.filter((each) => text.includes(each)).map((each) => `holds ${JSON.stringify(each)}`)

/** An answer that says of itself that it may not be all, or not be it. */
const HEDGE =
  /\bnot (be )?(all|complete|every|certain|sure)\b|\bincomplete\b|\bpartial|\bonly (some|part|a part|the first|a few)\b|\bat least\b|\bthere may be more\b|\bamong others\b|\b(do|does|is|are|was|were) not (say|mention|hold|contain|state|given|listed|named|found|in the)|\bno (mention|record|entry|information)\b|(?<!\p{L})(не (все|всё|полн|указан|наход|найден|упомин|говор|содерж|знач)|частичн|неполн|только (часть|некоторые|первые)|возможно|по меньшей мере|нет (данных|сведений|упоминан|информац))/u

/** What is wrong with the answer; nothing when it is right. */
export function judgeAsk(ask: Ask, { text, certainty, citations }: Answer): string[] {
  const { must, first, cites, max } = ask
  const allowsRefusal = ask.hedge === true || (ask.refused ?? (must ?? first ?? cites) === undefined)
  if (certainty !== 'answered') return allowsRefusal ? [] : [certainty]
  const isHedged = ask.hedge === true && HEDGE.test(plain(text))
  const beginning = text.split(/\[\d+\]/).find((part) => part.trim() !== '') ?? ''
  const cited = citations[0]?.uri ?? ''
  const expected = isHedged ? {} : { must, first, cites }
  return [
    ...(ask.refused === true ? ['answered what the documents do not say'] : []),
    ...missing(text, expected.must),
    ...missing(beginning, expected.first, 'says first not'),
    ...unwanted(text, ask.mustNot),
    ...exactly(text, ask.lacks),
    ...(expected.cites === undefined || list(expected.cites).some((uri) => cited.endsWith(uri))
      ? []
      : [`cites first ${cited}, not ${list(expected.cites).join(' or ')}`]),
    ...(max !== undefined && text.length > max ? [`${text.length} characters, more than ${max}`] : []),
  ]
}
