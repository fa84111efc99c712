import type { LoadedBlock, LoadedBlockKind, Span } from '../../domain/document.ts'
import { lines, trimmed } from '../../text/lines.ts'
import { fileTitle, type TextLoader } from './loader.ts'
import { documentDate, flatMetadata } from './writing/metadata.ts'
import { createSections } from './writing/sections.ts'

/** reStructuredText, stored unchanged: reads sections, literal blocks, tables and the content of directives. */
export const rst = {
  reads: 'text',
  name: 'reStructuredText',
  extensions: ['rst', 'rest'],
  load(source, uri) {
    const { blocks, title, fields } = read(source)
    const modifiedAt = documentDate(fields.date)
    return {
      title: title ?? fileTitle(uri),
      mediaType: 'text/x-rst',
      text: source,
      blocks,
      linesMatchFile: true,
      metadata: flatMetadata(fields),
      modifiedAt,
    }
  },
} satisfies TextLoader

interface Line extends Span {
  /** Without trailing white space; only the beginning of a very long line. */
  readonly text: string
  readonly indent: number
}

/** Directives without text of their own, and those whose content is source code. */
const SILENT =
  /^(?:toctree|image|contents|include|index|meta|raw|role|default-role|highlight|module|currentmodule|py:module|py:currentmodule|only|autoclass|automodule|autofunction|automethod|sectnum|target-notes|title)$/u
const SOURCE =
  /^(?:code|code-block|sourcecode|literalinclude|parsed-literal|math|doctest|testcode|testoutput|prompt|graphviz|mermaid|highlight)$/u

/** Maximum lines to search for a table's end. */
const MAX_TABLE_LINES = 300

/** UTF-16 code units. */
const MAX_TERM_CHARACTERS = 72
/** Below all titles; a term is the deeper the more it is indented. */
const TERM = 20

const ADORNMENT = /^([!-/:-@[-`{-~])\1{2,}$/u
const DIRECTIVE = /^\.\. (?:\|[^|]{1,80}\| )?(?<name>[\w:+.-]{1,60})::(?: |$)/u
const EXPLICIT = /^\.\.(?: |$)/u
const FIELD = /^:(?<name>[^:\s][^:]{0,80}):(?: |$)(?<value>.*)/u
const ITEM = /^(?:[-*+•]|\(?(?:\d{1,4}|[a-zA-Z#])[.)])\s/u
const GRID = /^\+[-=+]{3,}\+$/u
const SIMPLE = /^={2,}(?: +={2,})+$/u

function read(source: string): { blocks: LoadedBlock[]; title?: string; fields: Record<string, string> } {
  const all: Line[] = Array.from(lines(source), ({ start, end }) => {
    const text = source.slice(start, Math.min(end, start + 2000)).trimEnd()
    return { start, end, text, indent: text.length - text.trimStart().length }
  })
  const blocks: LoadedBlock[] = []
  const fields: Record<string, string> = {}
  const sections = createSections()
  const styles: string[] = []
  let title: string | undefined
  /** Whether only titles and fields have been read so far: such fields describe the document. */
  let preamble = true
  const add = (kind: LoadedBlockKind, from: number, to: number, headings = sections.path()): void => {
    const [first, last] = [all[from], all[to - 1]]
    const span = first && last ? trimmed(source, { start: first.start, end: last.end }) : undefined
    if (span && span.start < span.end) blocks.push({ kind, headings, ...span })
    if (kind !== 'heading') preamble = false
  }
  const heading = (style: string, text: string, from: number, to: number): void => {
    if (!styles.includes(style)) styles.push(style)
    title ??= text
    add('heading', from, to, sections.enter(styles.indexOf(style) + 1, text))
  }
  const blank = (i: number): boolean => (all[i]?.text ?? '') === ''
  /** The first line from `i` that is neither blank nor indented deeper than `indent`. */
  const dedent = (i: number, indent: number): number => {
    let at = i
    while (at < all.length && (blank(at) || (all[at]?.indent ?? 0) > indent))
      at = filled[at + 1] ?? all.length
    return at
  }
  /** For each line, the first non-blank line from there: skipping blank ones singly for every directive would be quadratic. */
  const filled: number[] = []
  for (let i = all.length - 1; i >= 0; i--) filled[i] = blank(i) ? (filled[i + 1] ?? all.length) : i
  /** The first blank line from `i`. */
  const paragraphEnd = (i: number): number => {
    let at = i
    while (at < all.length && !blank(at)) at++
    return at
  }

  /** A short line above text that is indented deeper: what the text defines. */
  const isTerm = (i: number): boolean => {
    const line = all[i]
    const below = all[filled[i + 1] ?? all.length]
    if (line === undefined || below === undefined || below.indent < line.indent + 2) return false
    const term = line.text.trim()
    const isAlone = i === 0 || blank(i - 1) || (all[i - 1]?.indent ?? 0) > line.indent
    return (
      isAlone &&
      term.length <= MAX_TERM_CHARACTERS &&
      !/[.!?:;,]$/u.test(term) &&
      !EXPLICIT.test(below.text.trim())
    )
  }
  /** Indents of the terms that are open, outermost first. */
  const terms: number[] = []

  for (let i = 0; i < all.length; ) {
    const line = all[i]
    if (!line || line.text === '') {
      i++
      continue
    }
    while ((terms.at(-1) ?? -1) >= line.indent) {
      terms.pop()
      sections.enter(TERM + line.indent, '')
    }
    const body = line.text.trimStart()
    const over = ADORNMENT.test(line.text) ? line.text : undefined
    const next = all[i + 1]?.text ?? ''
    if (over && !blank(i + 1) && all[i + 2]?.text === over) {
      heading(`${over[0]}${over[0]}`, next.trim(), i, i + 3)
      i += 3
    } else if (
      line.indent === 0 &&
      !over &&
      ADORNMENT.test(next) &&
      next.length >= Math.min(line.text.length, 4)
    ) {
      heading(next.charAt(0), line.text, i, i + 2)
      i += 2
    } else if (over && !SIMPLE.test(line.text))
      i++ // A transition.
    else if (DIRECTIVE.test(body)) {
      const name = DIRECTIVE.exec(body)?.groups?.name ?? ''
      const end = dedent(i + 1, line.indent)
      if (SILENT.test(name)) i = end
      else if (SOURCE.test(name)) {
        add('code', skipOptions(i + 1, end), end)
        i = end
      } else {
        // The text after the two colons, and the content under the directive, are read as text.
        const argument = body.slice(body.indexOf('::') + 2).trim()
        if (argument !== '') addArgument(line, argument)
        i = skipOptions(i + 1, end)
      }
    } else if (EXPLICIT.test(body)) {
      // Footnotes and citations have text; comments, targets and substitutions have none.
      const end = dedent(i + 1, line.indent)
      if (/^\.\. \[[^\]]{1,60}\] /u.test(body)) add('paragraph', i, end)
      i = end
    } else if (FIELD.test(body)) {
      const end = Math.max(i + 1, dedent(i + 1, line.indent))
      const { name = '', value = '' } = FIELD.exec(body)?.groups ?? {}
      const information: boolean = preamble
      if (information) fields[name] = value
      add('list', i, end)
      preamble = information
      i = end
    } else if (GRID.test(body) || SIMPLE.test(body)) {
      const end = tableEnd(i)
      add('table', i, end)
      i = end
    } else if (ITEM.test(body)) {
      let end = i + 1
      // Takes all items of the list, with the text indented under them.
      for (;;) {
        end = dedent(end, line.indent)
        const item = all[end]
        if (!item || item.indent !== line.indent || !ITEM.test(item.text.trimStart())) break
        end++
      }
      add('list', i, end)
      i = end
    } else if (isTerm(i)) {
      add('heading', i, i + 1, sections.enter(TERM + line.indent, body.replaceAll('``', '')))
      terms.push(line.indent)
      i++
    } else {
      const end = paragraphEnd(i)
      const literal = all[end - 1]?.text.endsWith('::')
      // What is indented below an open term describes it.
      add(line.indent > 0 && terms.length === 0 ? 'quote' : 'paragraph', i, end)
      i = end
      if (literal) {
        const from = end
        const stop = dedent(from, line.indent)
        add('code', from, stop)
        i = stop
      }
    }
  }
  return { blocks, fields, title }

  function skipOptions(from: number, to: number): number {
    let at = from
    while (at < to && FIELD.test(all[at]?.text.trimStart() ?? '')) at++
    return at
  }

  function addArgument(line: Line, argument: string): void {
    const start = line.start + line.text.length - argument.length
    blocks.push({ kind: 'paragraph', headings: sections.path(), start, end: start + argument.length })
  }

  /** A grid table ends at a blank line, a simple table at its last border before a blank line. */
  function tableEnd(from: number): number {
    const first = all[from]?.text.trimStart() ?? ''
    if (GRID.test(first)) return paragraphEnd(from)
    let borders = 0
    for (let at = from; at < Math.min(all.length, from + MAX_TABLE_LINES); at++) {
      if (SIMPLE.test(all[at]?.text.trimStart() ?? '')) borders++
      if (borders >= 2 && blank(at + 1) && SIMPLE.test(all[at]?.text.trimStart() ?? '')) return at + 1
    }
    return paragraphEnd(from)
  }
}
