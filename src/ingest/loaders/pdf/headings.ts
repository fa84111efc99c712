/** Decides which paragraphs of a PDF are headings: those named in its outline, or else those in larger type. */
import { anyOf } from '../../../text/all-languages.ts'
import { LARGER_RATIO, type Paragraph } from './paragraphs.ts'

export interface OutlineEntry {
  readonly title: string
  /** 1 is the outermost. */
  readonly level: number
}

const MAX_HEADING_CHARACTERS = 200
const MAX_HEADING_LINES = 4
/** If a smaller share of the outline is found in the text, the outline describes something else. */
const MIN_FOUND_SHARE = 0.4
/** If a larger share of the text is in larger type, size does not mean headings. */
const MAX_LARGE_SHARE = 0.3
const MAX_LEVEL = 6

/** The headings with their levels; 1 is the outermost. */
export function headingLevels(
  paragraphs: readonly Paragraph[],
  outline: readonly OutlineEntry[],
  bodySize: number,
): Map<Paragraph, number> {
  const named = byOutline(paragraphs, outline)
  return named.size > 0 && named.size >= MIN_FOUND_SHARE * outline.length
    ? named
    : bySize(paragraphs, bodySize)
}

const canBe = ({ kind, text, lines }: Paragraph): boolean =>
  kind !== 'table' &&
  kind !== 'code' &&
  text.length <= MAX_HEADING_CHARACTERS &&
  lines <= MAX_HEADING_LINES &&
  /\p{L}/u.test(text)

/** The occurrences of a title. */
interface Places {
  /** Indexes of paragraphs, ascending. */
  readonly all: number[]
  /** For each of these, the first occurrence from there on in the largest type. */
  readonly best: number[]
  /** Index into `all` of the first occurrence not yet passed. */
  next: number
}

/** Matches the outline's entries in order, each after the one before. */
function byOutline(
  paragraphs: readonly Paragraph[],
  outline: readonly OutlineEntry[],
): Map<Paragraph, number> {
  const places = new Map<string, Places>()
  for (const [i, paragraph] of paragraphs.entries()) {
    if (!canBe(paragraph)) continue
    for (const key of new Set([words(paragraph.text), unnumbered(paragraph.text)])) {
      const at = places.get(key)
      if (at) at.all.push(i)
      else places.set(key, { all: [i], best: [], next: 0 })
    }
  }
  const sizeAt = (i: number | undefined): number => (i === undefined ? -1 : (paragraphs[i]?.size ?? 0))
  for (const { all, best } of places.values())
    for (let k = all.length - 1; k >= 0; k--)
      best[k] = sizeAt(all[k]) >= sizeAt(best[k + 1]) ? (all[k] ?? 0) : (best[k + 1] ?? 0)
  const levels = new Map<Paragraph, number>()
  let after = -1
  for (const { title, level } of outline) {
    const found = places.get(words(title)) ?? places.get(unnumbered(title))
    if (!found) continue
    while ((found.all[found.next] ?? after + 1) <= after) found.next++
    // The table of contents names all titles first; the heading itself is usually in the largest type.
    const at = found.best[found.next]
    const paragraph = at === undefined ? undefined : paragraphs[at]
    if (at === undefined || !paragraph) continue
    levels.set(paragraph, Math.min(level, MAX_LEVEL))
    after = at
  }
  return levels
}

const words = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')

/** `scope` for `2.1 Scope` and for `Chapter 2. Scope`. */
const unnumbered = (text: string): string => words(text.replace(NUMBERING, ''))

const NUMBERING = new RegExp(
  `^(?:${anyOf(({ documents }) => documents.headingKinds)}\\s+)?[\\p{L}\\d]{1,3}(?:\\.\\d+)*\\.?\\s+`,
  'iu',
)

function bySize(paragraphs: readonly Paragraph[], bodySize: number): Map<Paragraph, number> {
  const larger = paragraphs.filter((each) => each.size > LARGER_RATIO * bodySize && canBe(each))
  const characters = (list: readonly Paragraph[]) => list.reduce((sum, { text }) => sum + text.length, 0)
  if (characters(larger) > MAX_LARGE_SHARE * characters(paragraphs)) return new Map()
  const sizes = [...new Set(larger.map(rounded))].toSorted((a, b) => b - a)
  const levels = new Map(sizes.map((size, i) => [size, Math.min(i + 1, MAX_LEVEL)]))
  return new Map(larger.map((each) => [each, levels.get(rounded(each)) ?? MAX_LEVEL]))
}

const rounded = ({ size }: Paragraph): number => Math.round(size * 2) / 2
