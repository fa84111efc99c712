import type { Citation, Passage } from '../../domain/answer.ts'

/** `[1]`, `[1, 3]`: a citation mark, no longer than what BEGINNING waits for. No passage has the number 0. */
const MARK = /^\[(?=[\s\d,]{1,40}\])\s*[1-9]\d{0,2}(?:\s*,\s*[1-9]\d{0,2})*\s*\]/
/** What may become a mark, or another mark of a run, with the next piece. */
const BEGINNING = /^(?:$|\[[\s\d,]{0,40}$)/

const ATTACHED = /[\p{L}\p{N}_)\]}]$/u
/** A word or a figure, perhaps in brackets, quotes or emphasis: not `x`, `foo()`, `a.b`, `row_2`. */
const PROSE = /^[("'«“„*]*(?:\p{L}[\p{L}\p{M}'’-]+(?:[)"»”*][)"'»”*]*)?|\d[\d.,]*[)"'»”*]*)$/u
const CAMEL_CASE = /\p{Ll}\p{Lu}/u
const PUNCTUATION_ONLY = /^[.,;:!?…)»”"'’*—–]*$/
const ENDS_WORD = /^[.,;:!?…)»”"'’*—–]*(?:\s|$)/
/** Before a fence: indentation, quotation, the beginning of a list's entry. */
const LINE_START = /(?:^|\n)[ \t>]*(?:[-*+][ \t]+|\d{1,3}[.)][ \t]+)?$/

/** How much of the text before a bracket decides about it, in UTF-16 code units. */
const CONTEXT_CHARACTERS = 64
/** Marks of a run that are decided about together, and backticks that make one fence. */
const MAX_RUN = 32

export interface CheckedText {
  readonly text: string
  /** Citations seen for the first time, in the order of the text. */
  readonly citations: readonly Citation[]
}

export interface CitationCheck {
  /** Takes the engine's next piece; gives what is certain by now. */
  push: (piece: string) => CheckedText
  /** The rest, when the engine has ended. */
  flush: () => CheckedText
}

/**
 * Checks citation marks in a stream: text is held back from an opening bracket until it is known what it is.
 * The result does not depend on how the text was cut.
 *
 * - A mark that stands free (`blue [1]`, `blue.[1]`, also `[1][2]`): numbers of passages that were given stay
 *   and become citations; other numbers are dropped, with the blank before them when nothing stays.
 * - Brackets that touch a word, `)` or `]` may be code, so nothing of them is ever dropped. `blue[1].` is a
 *   mark when every number is of a given passage, the word looks like prose and white space, punctuation or
 *   the end follows. `args[0]`, `rows[10]`, `foo()[1]`, `argv[1].length` stay as they are.
 * - Before `(`, as in the link `[1](a.md)`, and after `=`, as in `x = [1, 7]`, nothing is changed either.
 * - Code between backticks, inline (to the end of its line at most) or fenced, holds no marks.
 */
export function checkCitations(passages: readonly Passage[]): CitationCheck {
  const byNumber = new Map(passages.map((passage) => [passage.number, passage]))
  const cited = new Set<number>()
  let held = ''
  /** Blanks that are dropped when a dropped mark follows. */
  let blank = ''
  let past = ''
  let code: { readonly size: number; readonly fenced: boolean; readonly body: boolean } | undefined
  let text = ''
  let citations: Citation[] = []

  function pass(length: number): void {
    const source = held.slice(0, length)
    held = held.slice(length)
    past = (past + source).slice(-CONTEXT_CHARACTERS)
    say(source)
  }

  function say(words: string): void {
    const all = blank + words
    const end = Math.max(all.trimEnd().length, all.lastIndexOf('\n') + 1)
    const kept = Math.max(end, all.length - CONTEXT_CHARACTERS)
    text += all.slice(0, kept)
    blank = all.slice(kept)
  }

  function take(final: boolean): CheckedText {
    text = ''
    citations = []
    for (;;) {
      const special = held.search(code === undefined ? /[`[]/ : /[`\n]/)
      pass(special < 0 ? held.length : special)
      if (held === '' || !(held.startsWith('[') ? bracket(final) : codeEdge(final))) break
    }
    if (final) text += blank
    return { text, citations }
  }

  /** Both say false when the next piece is needed. */
  function codeEdge(final: boolean): boolean {
    if (held.startsWith('\n')) {
      code = code?.fenced ? { ...code, body: true } : undefined
      pass(1)
      return true
    }
    const size = /^`{1,32}/.exec(held)?.[0].length ?? 0
    if (size === held.length && !final) return false
    const lineStart = LINE_START.test(past)
    if (code === undefined) code = { size, fenced: size >= 3 && lineStart, body: false }
    else if (code.body ? lineStart && size >= code.size : size === code.size) code = undefined
    pass(size)
    return true
  }

  function bracket(final: boolean): boolean {
    const marks = marksAt(held)
    const rest = held.slice(marks.length)
    if (!final && BEGINNING.test(rest)) return false
    if (marks === '') {
      pass(1)
      return true
    }
    const numbers = [...marks.matchAll(/\d+/g)].map(Number)
    const known = numbers.filter((number) => byNumber.has(number))
    if (ATTACHED.test(past)) {
      if (!final && PUNCTUATION_ONLY.test(rest)) return false
      const word = past.split(/\s/u).at(-1) ?? ''
      const prose = PROSE.test(word) && !CAMEL_CASE.test(word) && ENDS_WORD.test(rest)
      if (!prose || known.length < numbers.length) {
        pass(marks.length)
        return true
      }
    } else if (/=\s*$/.test(past)) {
      pass(marks.length)
      return true
    }
    cite(known)
    if (rest.startsWith('(')) {
      pass(marks.length)
      return true
    }
    held = rest
    past = (past + marks).slice(-CONTEXT_CHARACTERS)
    if (known.length === 0) blank = ''
    else say(known.map((number) => `[${number}]`).join(''))
    return true
  }

  function cite(numbers: readonly number[]): void {
    for (const number of numbers) {
      const passage = byNumber.get(number)
      if (passage === undefined || cited.has(number)) continue
      cited.add(number)
      citations.push(citationOf(passage))
    }
  }

  return {
    push(piece) {
      held += piece
      return take(false)
    },
    flush: () => take(true),
  }
}

/** The marks without anything between them that the text begins with; so many at most. */
function marksAt(text: string): string {
  let end = 0
  for (let count = 0; count < MAX_RUN; count++) {
    const mark = MARK.exec(text.slice(end))
    if (mark === null) break
    end += mark[0].length
  }
  return text.slice(0, end)
}

/** The whole passage as a citation. */
function citationOf(passage: Passage): Citation {
  const { chunk: _chunk, collection: _collection, scores: _scores, ...citation } = passage
  return citation
}
