/** Windows of neighbouring blocks for the embedder to read, each after their title, headings and leads. */
import type { Span } from '../../domain/document.ts'
import { subjectsInPaths, type Unit } from './units.ts'

/** A text to encode, with the places of sentences in it. */
export interface Window {
  readonly text: string
  /** Title, headings and leads. */
  readonly prefix: Span
  readonly parts: readonly Part[]
}

export interface Part extends Span {
  readonly unit: Unit
  /** Index in the unit's sentences. */
  readonly sentence: number
}

/** Limits in UTF-16 code units: of the blocks in a window, of a title or heading, and of all leads together. */
const MAX_BODY_CHARACTERS = 600
const MAX_TITLE_CHARACTERS = 120
const MAX_LEADS_CHARACTERS = 300
/** Only the innermost headings, which say the most. */
const MAX_HEADINGS = 2

/** `asked`: roots of the question's words. */
export function windowsOf(units: readonly Unit[], asked: ReadonlySet<string>): Window[] {
  const subjects = subjectsInPaths(units, asked)
  const windows: Window[] = []
  let open: { prefix: string; text: string; parts: Part[] } | undefined
  const close = () => {
    if (open && open.parts.length > 0)
      windows.push({ text: open.text, prefix: { start: 0, end: open.prefix.length }, parts: open.parts })
    open = undefined
  }
  for (const unit of units) {
    const prefix = prefixOf(unit, subjects.get(unit.excerpt) ?? [])
    for (const [sentence, span] of unit.sentences.entries()) {
      const text = unit.text.slice(span.start, span.end).replace(/\s+/gu, ' ')
      const length = open ? open.text.length - open.prefix.length : 0
      if (open?.prefix !== prefix || length + text.length > MAX_BODY_CHARACTERS) {
        close()
        open = { prefix, text: prefix, parts: [] }
      }
      const start = open.text.length
      open.text += `${text}\n`
      open.parts.push({ unit, sentence, start, end: start + text.length })
    }
  }
  close()
  return windows
}

function prefixOf({ excerpt, block, leads }: Unit, subject: readonly string[]): string {
  const path = [...subject, excerpt.title, ...block.headings.slice(-MAX_HEADINGS)]
    .filter((title, at, all) => title !== '' && all.indexOf(title) === at)
    .map((title) => title.slice(0, MAX_TITLE_CHARACTERS))
    .join(' › ')
  const before = leads
    .map((lead) => lead.replace(/\s+/gu, ' '))
    .join(' ')
    .slice(0, MAX_LEADS_CHARACTERS)
  return before === '' ? `${path}\n` : `${path}\n${before}\n`
}
