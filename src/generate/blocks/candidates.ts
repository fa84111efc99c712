/** Candidates for an answer: blocks, and whole lists, procedures or tables if the question asks for them. */
import { roots } from '../../text/content-words.ts'
import { endsWithColon } from '../../text/lines.ts'
import { asksHow, asksList } from '../extractive/expected.ts'
import type { Unit } from './units.ts'

export interface BlockCandidate {
  readonly kind: 'block' | 'section' | 'list' | 'table'
  /** One unit, or those of a group in document order. */
  readonly units: readonly Unit[]
  /** The paragraph ending with a colon that announces these units; it is quoted as their lead. */
  readonly introduction?: Unit
}

/** Longest table offered whole, in UTF-16 code units. */
const MAX_TABLE_CHARACTERS = 1600
/** Longest list offered whole or by the beginnings of its items, in UTF-16 code units. */
const MAX_LIST_CHARACTERS = 8000
/** Most units in a group offered whole: with their leads, no more than a citation may quote (MAX_QUOTED_SPANS). */
const MAX_GROUP_UNITS = 40
/** Longest procedure offered whole, in UTF-16 code units. */
const MAX_PROCEDURE_CHARACTERS = 900

/** Maximum UTF-16 code units of a section that is given whole. */
const MAX_SECTION_CHARACTERS = 400
/** Longest item that only names what is under it, in UTF-16 code units. */
const MAX_LABEL_CHARACTERS = 60
/** Maximum UTF-16 code units of a paragraph that says little without the others: `Default: 50 MB`. */
const MAX_FRAGMENT_CHARACTERS = 50

export function candidatesOf(question: string, units: readonly Unit[]): BlockCandidate[] {
  const followers = followersOf(units)
  const isList = asksList(question)
  const asksWhole = isList || asksHow(question)
  const asked = roots(question)
  const sections = shortSections(units)
  const inSections = new Set(sections.flat())
  const outer = new Set(
    units
      .filter(({ block }) => block.group !== undefined && block.kind !== 'row')
      .map(({ excerpt, block }) => `${excerpt.document} ${block.leads.at(-1)?.end}`),
  )
  const single = units.flatMap((unit): BlockCandidate[] => {
    // What stands under it is quoted with it, and alone it answers nothing.
    if (!asksWhole && isLabel(unit) && outer.has(`${unit.excerpt.document} ${unit.block.end}`)) return []
    const group = followers.get(`${unit.excerpt.document} ${unit.block.end}`)
    if (unit.block.group !== undefined || group === undefined)
      return isOpen(unit) || inSections.has(unit) ? [] : [{ kind: 'block', units: [unit] }]
    const leads = roots([unit.text, ...unit.block.headings].join(' '))
    const isOne = !asksWhole && group.length > 1 && asksItem(asked, leads, group)
    if (isOne || group.length > MAX_GROUP_UNITS) return []
    return [{ kind: kindOf(group), units: group, introduction: unit }]
  })
  const groups = Map.groupBy(
    units.filter(({ block }) => block.group !== undefined),
    ({ excerpt, block }) => `${excerpt.document} ${block.group?.start}`,
  )
  const whole = [...groups.values()].flatMap((group): BlockCandidate[] => {
    const kind = kindOf(group)
    const length = group.reduce((sum, { text }) => sum + text.length, 0)
    // A long list may be quoted by the beginnings of its items, but the steps of a procedure must not be cut.
    const longest =
      kind === 'table' ? MAX_TABLE_CHARACTERS : isList ? MAX_LIST_CHARACTERS : MAX_PROCEDURE_CHARACTERS
    const isWanted = kind === 'table' ? isList : asksWhole || asksAbout(asked, group)
    const fits = group.length > 1 && group.length <= MAX_GROUP_UNITS && length <= longest
    return isWanted && fits ? [{ kind, units: group }] : []
  })
  // A procedure is no answer by halves.
  const procedures = new Set(
    whole.flatMap(({ units: steps }) => (steps.every(({ block }) => block.kind === 'step') ? steps : [])),
  )
  const apart = single.filter(
    ({ kind, units: [unit] }) => kind !== 'block' || unit === undefined || !procedures.has(unit),
  )
  return [...apart, ...sections.map((own): BlockCandidate => ({ kind: 'section', units: own })), ...whole]
}

/** Sections of a few short paragraphs, which are read at a glance: a setting, what it does and its default. */
function shortSections(units: readonly Unit[]): Unit[][] {
  const paragraphs = units.filter(({ block }) => block.kind === 'paragraph' && block.headings.length > 0)
  const sections = Map.groupBy(paragraphs, ({ excerpt, block }) =>
    [excerpt.document, ...block.headings].join('\n'),
  )
  return [...sections.values()].filter(
    (own) =>
      own.length > 1 &&
      own.reduce((sum, { text }) => sum + text.length, 0) <= MAX_SECTION_CHARACTERS &&
      own.some(({ text }) => text.length <= MAX_FRAGMENT_CHARACTERS) &&
      !own.some(isOpen),
  )
}

/** Whether the question has words that one item of a list holds, and neither its other items nor what leads to it. */
function asksItem(asked: ReadonlySet<string>, leads: ReadonlySet<string>, items: readonly Unit[]): boolean {
  const own = items.map(({ text }) => roots(text))
  return [...asked].some((root) => !leads.has(root) && own.filter((words) => words.has(root)).length === 1)
}

/** Whether the question asks for what a heading or lead names, and not for one of the items under it. */
function asksAbout(asked: ReadonlySet<string>, items: readonly Unit[]): boolean {
  const [first] = items
  const leads = roots([...(first?.leads.slice(0, 1) ?? []), first?.block.headings.at(-1) ?? ''].join(' '))
  return [...asked].some((root) => leads.has(root)) && !asksItem(asked, leads, items)
}

/** Whether an item only names what the items under it are about: `2. Club house`. */
const isLabel = ({ block, text }: Unit): boolean =>
  (block.kind === 'item' || block.kind === 'step') &&
  text.length <= MAX_LABEL_CHARACTERS &&
  !/[\p{N}.!?;]/u.test(text.replace(/^\s*[\p{N}.)]+\s/u, ''))

/** Whether it announces something that was not found: alone it says nothing. */
const isOpen = ({ block, text }: Unit): boolean => block.kind !== 'row' && endsWithColon(text)

const kindOf = ([first]: readonly Unit[]): BlockCandidate['kind'] => {
  if (first?.block.kind === 'row') return 'table'
  return first?.block.group === undefined ? 'block' : 'list'
}

/** Lists, tables and code, keyed by document and end of their lead. */
function followersOf(units: readonly Unit[]): ReadonlyMap<string, readonly Unit[]> {
  const found = new Map<string, Unit[]>()
  for (const unit of units) {
    const lead = unit.block.leads[0]
    if (lead === undefined) continue
    const key = `${unit.excerpt.document} ${lead.end}`
    found.set(key, [...(found.get(key) ?? []), unit])
  }
  for (const [key, group] of found) {
    const first = group[0]
    // Only the first code block, list or table after the lead.
    found.set(
      key,
      first === undefined
        ? []
        : group.filter(
            ({ block }) =>
              block.group?.start === first.block.group?.start &&
              (block.group !== undefined || block === first.block),
          ),
    )
  }
  return found
}
