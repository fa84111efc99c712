/** Derives the role of a Word document's paragraphs from their styles and numbering. */
import { anyOf } from '../../../text/all-languages.ts'
import type { Archive } from './archive.ts'
import { readXml } from './xml.ts'

export interface Style {
  readonly role: 'body' | 'code' | 'quote' | 'contents'
  /** 0 is the outermost heading. */
  readonly outline: number | undefined
  readonly list: { readonly id: string; readonly level: number } | undefined
  /** Whether a paragraph or character style hides its text; undefined if it says nothing. */
  readonly hidden: boolean | undefined
}

/** Whether a boolean property is set; one without a value is. */
export const isOn = (value = ''): boolean => !/^(?:0|false|off)$/u.test(value)

/** Whether this run property hides text (`vanish`, or illegibly small letters); undefined if it says nothing. */
export function hides(name: string, value: string | undefined): boolean | undefined {
  if (name === 'vanish') return isOn(value)
  return name === 'sz' && Number(value) < MIN_FONT_HALF_POINTS ? true : undefined
}

/** Half points. */
const MIN_FONT_HALF_POINTS = 4

/** By id; the default paragraph style is ''. */
export type Styles = ReadonlyMap<string, Style>

interface RawStyle {
  name: string
  base: string | undefined
  outline: number | undefined
  list: { id: string; level: number } | undefined
  hidden: boolean | undefined
}

export async function readStyles(archive: Archive, part: string | undefined): Promise<Styles> {
  const raw = new Map<string, RawStyle>()
  if (part === undefined) return new Map()
  let open: RawStyle | undefined
  let defaultId: string | undefined
  await readXml(archive, part, 'Word', {
    open(name, attributes) {
      const value = attributes.val ?? ''
      if (name === 'style') {
        open = { name: '', base: undefined, outline: undefined, list: undefined, hidden: undefined }
        raw.set(attributes.styleId ?? '', open)
        if (attributes.type === 'paragraph' && attributes.default === '1') defaultId = attributes.styleId
      } else if (!open) return
      else if (name === 'name') open.name = value.toLowerCase()
      else if (name === 'basedOn') open.base = value
      else if (name === 'outlineLvl') open.outline = Number(value)
      else if (name === 'numId') open.list = { id: value, level: open.list?.level ?? 0 }
      else if (name === 'ilvl') open.list = { id: open.list?.id ?? '', level: listLevel(value) }
      else open.hidden = hides(name, attributes.val) ?? open.hidden
    },
    close(name) {
      if (name === 'style') open = undefined
    },
  })
  const styles = new Map([...raw.keys()].map((id) => [id, resolve(id, raw)]))
  const body = styles.get(defaultId ?? '')
  return body ? styles.set('', body) : styles
}

/** Length of a chain of styles based on each other: Word allows about a dozen, and damaged files have cycles. */
const MAX_STYLE_DEPTH = 20
/** The deepest list level; 0 is the outermost. */
const MAX_LIST_LEVEL = 8

/** Parses a list level, clamped to the valid range. */
export const listLevel = (value: string): number =>
  Math.min(Math.max(0, Math.floor(Number(value)) || 0), MAX_LIST_LEVEL)

/** The style with everything it inherits. */
function resolve(id: string, raw: ReadonlyMap<string, RawStyle>): Style {
  let role: Style['role'] = 'body'
  let outline: number | undefined
  let list: RawStyle['list']
  let hidden: boolean | undefined
  let style = raw.get(id)
  for (let depth = 0; style && depth < MAX_STYLE_DEPTH; depth++) {
    if (role === 'body') role = roleOf(style.name)
    outline ??= style.outline ?? headingOf(style.name)
    list ??= style.list
    hidden ??= style.hidden
    style = style.base === undefined ? undefined : raw.get(style.base)
  }
  return { role, outline, list, hidden }
}

const CONTENTS = new RegExp(
  `^${anyOf(({ documents }) => documents.contentsStyles)} ?\\d|^table of (?:figures|authorities)`,
  'u',
)
const HEADING = new RegExp(`^${anyOf(({ documents }) => documents.headingStyles)} ?(\\d)`, 'u')

function roleOf(name: string): Style['role'] {
  if (CONTENTS.test(name)) return 'contents'
  if (/^(?:source code|html preformatted|preformatted text|macro text|code)\b/u.test(name)) return 'code'
  return /^(?:intense )?quote\b|^block ?text|^quotations/u.test(name) ? 'quote' : 'body'
}

function headingOf(name: string): number | undefined {
  if (name === 'title') return 0
  const level = HEADING.exec(name)?.[1]
  return level === undefined ? undefined : Number(level) - 1
}

export interface Numbering {
  /** Counts the next item of a list and returns its marker: `-` or `3.`. */
  marker: (id: string, level: number) => string
}

/** Reads which list levels are numbered. */
export async function readNumbering(archive: Archive, part: string | undefined): Promise<Numbering> {
  /** Number format by abstract list and level. */
  const formats = new Map<string, Map<number, string>>()
  const abstractOf = new Map<string, string>()
  let abstract = ''
  let list = ''
  let level = 0
  if (part !== undefined)
    await readXml(archive, part, 'Word', {
      open(name, attributes) {
        const value = attributes.val ?? ''
        if (name === 'abstractNum') {
          abstract = attributes.abstractNumId ?? ''
          formats.set(abstract, new Map())
        } else if (name === 'num') list = attributes.numId ?? ''
        else if (name === 'abstractNumId') abstractOf.set(list, value)
        else if (name === 'lvl') level = Number(attributes.ilvl)
        else if (name === 'numFmt') formats.get(abstract)?.set(level, value)
      },
    })
  const counts = new Map<string, number[]>()
  return {
    marker(id, at) {
      const format = formats.get(abstractOf.get(id) ?? '')?.get(at) ?? 'bullet'
      const levels = (counts.get(id) ?? []).slice(0, at + 1)
      while (levels.length <= at) levels.push(0)
      levels[at] = (levels[at] ?? 0) + 1
      counts.set(id, levels)
      return format === 'bullet' || format === 'none' || at > MAX_LIST_LEVEL ? '-' : `${levels[at]}.`
    },
  }
}
