/**
 * Finds text that a reader of the page doesn't see: hidden by attributes, inline styles or style sheets. Scripts are
 * not run and remote styles not fetched. `<details>` counts as visible.
 */
import { mediaApplies } from './css/media.ts'
import { type Compiled, type Frame, SelectorTable, Unfollowed } from './css/selectors.ts'
import {
  type Declarations,
  longhands,
  readSheet,
  readStyle,
  type Sheets,
  type StyleRule,
} from './css/sheet.ts'
import { type Color, colorOf, FONT_SIZE_PX, isTransparent, looksLike, pixels, share } from './css/values.ts'
import type { DomDocument, DomElement, DomNode } from './dom.ts'

export interface Styling {
  /** Linked style sheets that are available. */
  readonly linked?: readonly Sheets[]
  /** Whether others are missing: colours are then unknown. */
  readonly isPartial?: boolean
}

/** Removes hidden content. Returns warnings. Throws `document_too_large` for styles that cost more than any honest page's. */
export function removeHidden(
  document: DomDocument,
  { linked = [], isPartial = false }: Styling = {},
): string[] {
  const sheets = [...linked]
  for (const style of document.querySelectorAll('style'))
    if (appliesHere(style)) sheets.push(readSheet(style.textContent ?? ''))
  const animations = new Map(sheets.flatMap((sheet) => [...sheet.animations]))
  const table = new SelectorTable()
  const { rules, isWhole } = compile(
    sheets.flatMap((sheet) => sheet.rules),
    table,
  )
  const styles = new Map<string, Declarations>()
  const ownStyle = (text: string): Declarations => {
    const read = styles.get(text) ?? readStyle(text)
    if (styles.size < MAX_STYLES) styles.set(text, read)
    return read
  }
  const start: Inherited = {
    isVisible: true,
    fontSize: FONT_SIZE_PX,
    isIndented: false,
    color: isPartial ? undefined : BLACK,
    background: isPartial ? undefined : WHITE,
    variables: NO_VARIABLES,
  }
  const around: Inherited[] = [start]
  const hidden: DomNode[] = []
  table.walk(document, {
    enter(frame, taken) {
      const matched: Matched[] = []
      for (const step of taken) for (const rule of rules.get(step) ?? []) matched.push(rule)
      const inherited = around.at(-1) ?? start
      table.spend(matched.reduce((sum, { declarations }) => sum + declarations.size, 0))
      const style = frame.attributes.get('style')
      const values = cascade(matched, style === undefined ? undefined : ownStyle(style), inherited)
      const isGone = NEVER_SHOWN.has(frame.tag) || isHidden(frame, values, inherited, animations)
      if (isGone) hidden.push(frame.node)
      else {
        const own = inside(frame, values, inherited, animations)
        if (own.variables !== inherited.variables) table.spend(own.variables.size)
        around.push(own)
      }
      return !isGone
    },
    text(node) {
      if (!isLegible(around.at(-1) ?? start)) hidden.push(node)
    },
    leave() {
      around.pop()
    },
  })
  for (const node of hidden) node.remove()
  return isWhole
    ? []
    : ['Some of its style rules are of an unsupported kind: text that they hide is indexed.']
}

const MAX_STYLES = 10_000

/** Never shown as text, whatever styles say. */
const NEVER_SHOWN = new Set('template noscript datalist noembed noframes audio video script style'.split(' '))

function appliesHere(style: DomElement): boolean {
  const type = style.getAttribute('type') ?? ''
  return (
    (type === '' || /^text\/css$/iu.test(type)) &&
    mediaApplies(style.getAttribute('media') ?? '') &&
    !style.closest('noscript, template')
  )
}

interface Matched {
  readonly declarations: Declarations
  readonly specificity: number
  readonly order: number
  readonly layered: boolean
}

/** Declarations by the step that an element must take. `isWhole`: no unsupported selector could hide text. */
function compile(
  all: readonly StyleRule[],
  table: SelectorTable,
): { rules: Map<number, Matched[]>; isWhole: boolean } {
  const rules = new Map<number, Matched[]>()
  const parents = new Map<StyleRule, Compiled | undefined>()
  let isWhole = true
  const compiled = (rule: StyleRule): Compiled[] => {
    const nesting = rule.parent && parents.get(rule.parent)
    if (rule.parent && !nesting) return []
    const found: Compiled[] = []
    for (const selector of rule.selectors.children) {
      if (selector.type !== 'Selector') continue
      try {
        const one = table.add(selector, nesting)
        if (one) found.push(one)
      } catch (thrown) {
        if (!(thrown instanceof Unfollowed)) throw thrown
        isWhole &&= !mayHide(rule.declarations)
      }
    }
    return found
  }
  const outer = new Set(all.flatMap(({ parent }) => parent ?? []))
  for (const [order, rule] of all.entries()) {
    if (!outer.has(rule) && rule.declarations.size === 0) continue
    const found = compiled(rule)
    if (outer.has(rule)) parents.set(rule, table.any(found))
    for (const { step, specificity } of found) {
      const { declarations, layered } = rule
      const at = rules.get(step) ?? []
      at.push({ declarations, specificity, order, layered })
      rules.set(step, at)
    }
  }
  return { rules, isWhole }
}

const mayHide = (declarations: Declarations): boolean =>
  /^(?:none|hidden|0)$/iu.test(
    declarations.get('display')?.value ??
      declarations.get('visibility')?.value ??
      declarations.get('opacity')?.value ??
      '',
  )

type Values = ReadonlyMap<string, string>

/** The winning declarations of an element, with variables substituted. */
function cascade(
  matched: readonly Matched[],
  own: Declarations | undefined,
  { variables }: Inherited,
): Values {
  if (matched.length === 0 && own === undefined) return NO_VARIABLES
  const inOrder = matched.toSorted(
    (one, other) =>
      Number(other.layered) - Number(one.layered) ||
      one.specificity - other.specificity ||
      one.order - other.order,
  )
  const values = new Map<string, string>()
  const lists = [...inOrder.map(({ declarations }) => declarations), ...(own ? [own] : [])]
  for (const wanted of [false, true])
    for (const declarations of lists)
      for (const [property, { value, important }] of declarations)
        if (important === wanted) {
          values.delete(property)
          values.set(property, value)
        }
  const known = new Map<string, string>()
  for (const [property, value] of values) {
    if (!value.includes('var(')) known.set(property, value)
    else
      for (const [name, part] of longhands(
        property,
        resolved(value, (each) => values.get(each) ?? variables.get(each)),
      ))
        known.set(name, part)
  }
  return known
}

/** Substitutions in one value, and its length in UTF-16 code units: variables may hold variables. */
const MAX_VARIABLES = 20
const MAX_SUBSTITUTED_CHARACTERS = 1000

function resolved(value: string, lookUp: (name: string) => string | undefined): string {
  let text = value
  for (
    let i = 0;
    i < MAX_VARIABLES && text.includes('var(') && text.length <= MAX_SUBSTITUTED_CHARACTERS;
    i++
  )
    text = text.replace(
      /var\(\s*(--[^\s,()]+)\s*(?:,([^()]*))?\)/u,
      (_, name: string, fallback: string | undefined) => (lookUp(name) ?? fallback ?? 'unset').trim(),
    )
  return text
}

/** Properties that text and elements inherit. */
interface Inherited {
  readonly isVisible: boolean
  /** In pixels. */
  readonly fontSize: number
  /** Whether its lines begin outside the page. */
  readonly isIndented: boolean
  /** Undefined if images or missing style sheets decide. */
  readonly color: Color | undefined
  readonly background: Color | undefined
  readonly variables: Values
}

const NO_VARIABLES: Values = new Map()
const BLACK = colorOf('black')
const WHITE = colorOf('white')

/** Smaller text is illegible; text this far off is outside the page. */
const MIN_FONT_PX = 2
const OUTSIDE_PX = 1000

const isLegible = ({ isVisible, fontSize, isIndented, color, background }: Inherited): boolean =>
  isVisible &&
  fontSize >= MIN_FONT_PX &&
  !isIndented &&
  !(
    color !== undefined &&
    (isTransparent(color) || (background !== undefined && looksLike(color, background)))
  )

type Animations = ReadonlyMap<string, ReadonlySet<string>>

/** Whether an animation of the element reveals what `property` hides initially. */
function isAnimated(values: Values, property: string, animations: Animations): boolean {
  const names = `${values.get('animation') ?? ''} ${values.get('animation-name') ?? ''}`.split(/[\s,]+/u)
  return names.some((name) => animations.get(name)?.has(property) === true)
}

/** Whether the element hides everything in it. */
function isHidden(
  { tag, attributes }: Frame,
  values: Values,
  { fontSize }: Inherited,
  animations: Animations,
): boolean {
  const get = (property: string) => values.get(property)?.toLowerCase()
  const px = (property: string) => pixels(get(property), fontSize)
  const display = get('display')
  if (attributes.get('aria-hidden') === 'true') return true
  if (display === 'none' && !isAnimated(values, 'display', animations)) return true
  const isClosed =
    attributes.has('hidden') || attributes.has('popover') || (tag === 'dialog' && !attributes.has('open'))
  if (isClosed && display === undefined) return true
  if (get('content-visibility') === 'hidden') return true
  if ((share(get('opacity')) ?? 1) <= 0.05 && !isAnimated(values, 'opacity', animations)) return true
  if ((share(/opacity\(\s*([\d.]+%?)\s*\)/u.exec(get('filter') ?? '')?.[1]) ?? 1) <= 0.05) return true
  if ((share(get('zoom')) ?? 1) < 0.1) return true
  return (
    isClipped(get) ||
    isSqueezed(get, px) ||
    (isOutside(get, px, fontSize) && !isAnimated(values, 'transform', animations))
  )
}

type Get = (property: string) => string | undefined
type Px = (property: string) => number | undefined

/** Whether `clip` or `clip-path` leaves nothing. */
function isClipped(get: Get): boolean {
  const rect = /^rect\(([^()]*)\)$/u.exec(get('clip') ?? '')?.[1]
  if (rect !== undefined && /^(?:absolute|fixed)$/u.test(get('position') ?? '')) {
    const [top = 0, right = 0, bottom = 0, left = 0] = numbers(rect)
    if (!rect.includes('auto') && (bottom - top <= 1 || right - left <= 1)) return true
  }
  const [, shape, inside = ''] = /^([a-z]+)\((.*)\)$/u.exec(get('clip-path') ?? '') ?? []
  const sizes = numbers(inside)
  switch (shape) {
    case 'inset': {
      const [top = 0, right = top, bottom = top, left = right] =
        inside
          .split(/\bround\b/u)[0]
          ?.match(/(?<![\d.])[\d.]+%/gu)
          ?.map(Number.parseFloat) ?? []
      return top + bottom >= 99 || right + left >= 99
    }
    case 'circle':
    case 'ellipse':
      return (
        sizes.length > 0 && inside.trim() !== '' && !inside.trimStart().startsWith('at') && sizes[0] === 0
      )
    case 'polygon': {
      const points = inside.split(',').map((point) => numbers(point).join(' '))
      return new Set(points).size < 3
    }
    case 'rect':
    case 'xywh':
      return (
        sizes.length === 4 &&
        (shape === 'rect' ? sizes.every((each) => each === sizes[0]) : sizes[2] === 0 || sizes[3] === 0)
      )
    default:
      return false
  }
}

const numbers = (text: string): number[] => (text.match(/-?[\d.]+/gu) ?? []).map(Number)

/** Whether the box has no room and clips its content. */
function isSqueezed(get: Get, px: Px): boolean {
  const isCut = (axis: string) => /^(?:hidden|clip|scroll|auto)$/u.test(get(`overflow-${axis}`) ?? '')
  const isFlat = (side: string) =>
    [px(side), px(`max-${side}`)].some((size) => size !== undefined && size <= 1)
  const roomy = (property: string) => (px(property) ?? 0) > 2
  if (isCut('y') && isFlat('height') && !['min-height', 'padding-top', 'padding-bottom'].some(roomy))
    return true
  return isCut('x') && isFlat('width') && !roomy('min-width')
}

/** Whether the element is positioned or transformed off the page, or scaled to nothing. */
function isOutside(get: Get, px: Px, fontSize: number): boolean {
  const far = (value: number | undefined) => value !== undefined && value <= -OUTSIDE_PX
  if (/^(?:absolute|fixed|relative|sticky)$/u.test(get('position') ?? '')) {
    if (['left', 'right', 'top', 'bottom'].some((side) => far(px(side)))) return true
    if (['left', 'right'].some((side) => (px(side) ?? 0) >= 5 * OUTSIDE_PX)) return true
  }
  if (far(px('margin-left')) && (px('padding-left') ?? 0) < OUTSIDE_PX) return true
  if (far(px('margin-top'))) return true
  const transform = `${get('transform') ?? ''} ${wrapped('translate', get('translate'))} ${wrapped('scale', get('scale'))}`
  for (const [, name = '', inside = ''] of transform.matchAll(/(?<![a-z0-9])([a-z0-9]+)\(([^()]*)\)/gu)) {
    const parts = inside.split(/[\s,]+/u).filter(Boolean)
    if (/^scale[xy]?$|^scale3d$/u.test(name) && parts.some((part) => Math.abs(share(part) ?? 1) < 0.05))
      return true
    if (/^translate/u.test(name) && parts.some((part) => far(pixels(part, fontSize, 1)))) return true
    if (name === 'matrix' && parts[0] !== undefined && parts.slice(0, 4).every((part) => Number(part) === 0))
      return true
  }
  return false
}

const wrapped = (name: string, value: string | undefined): string =>
  value === undefined || value === 'none' ? '' : `${name}(${value})`

function inside(frame: Frame, values: Values, outer: Inherited, animations: Animations): Inherited {
  const { tag, attributes } = frame
  const get = (property: string) => values.get(property)?.toLowerCase()
  const fontSize = sizeOf(get('font-size'), outer.fontSize)
  const visibility = get('visibility')
  const indent = pixels(get('text-indent'), fontSize)
  const own = [...values].filter(([property]) => property.startsWith('--'))
  return {
    isVisible:
      visibility === undefined || /^(?:inherit|unset)$/u.test(visibility)
        ? outer.isVisible
        : !/^(?:hidden|collapse)$/u.test(visibility) || isAnimated(values, 'visibility', animations),
    fontSize,
    isIndented: indent === undefined ? outer.isIndented : Math.abs(indent) >= OUTSIDE_PX,
    ...colors(tag, attributes, get, outer),
    variables: own.length === 0 ? outer.variables : new Map([...outer.variables, ...own].slice(-MAX_HELD)),
  }
}

/** Variables that an element passes on to its children. */
const MAX_HELD = 5000

function sizeOf(value: string | undefined, outer: number): number {
  if (value === undefined) return outer
  const size = pixels(value, outer, outer)
  if (size !== undefined) return size
  if (value === 'smaller') return outer / 1.2
  if (value === 'larger') return outer * 1.2
  return /^(?:inherit|unset|clamp\(.*|min\(.*|max\(.*|calc\(.*)$/u.test(value) ? outer : FONT_SIZE_PX
}

const NO_SHADOW: ReadonlySet<string> = new Set(['', 'none', 'unset', 'initial'])

function colors(
  tag: string,
  attributes: ReadonlyMap<string, string>,
  get: Get,
  outer: Inherited,
): Pick<Inherited, 'color' | 'background'> {
  const fill = get('-webkit-text-fill-color') ?? get('text-fill-color')
  const isPicture = /\(/u.test(get('background-image') ?? '') || attributes.has('background')
  // Text that clips its background, or has a shadow, is visible whatever its colour.
  const shadow = get('text-shadow') ?? ''
  const isShown =
    get('background-clip') === 'text' || (!NO_SHADOW.has(shadow) && !shadow.includes('transparent'))
  const hint = tag === 'font' ? attributes.get('color') : tag === 'body' ? attributes.get('text') : undefined
  const written = fill ?? get('color') ?? hint
  const color = isShown
    ? undefined
    : written === undefined
      ? tag === 'a' && attributes.has('href')
        ? undefined
        : outer.color
      : /^(?:inherit|unset|currentcolor)$/u.test(written)
        ? outer.color
        : /^(?:initial|revert)$/u.test(written)
          ? BLACK
          : colorOf(written)
  const behind = get('background-color') ?? attributes.get('bgcolor')
  const own = behind === undefined ? undefined : /^currentcolor$/u.test(behind) ? color : colorOf(behind)
  const background =
    isPicture || isShown
      ? undefined
      : own === undefined || isTransparent(own) || own === 'unset' || own === 'initial'
        ? outer.background
        : own === 'inherit' || (typeof own !== 'string' && own[3] < 0.95)
          ? undefined
          : own
  return { color, background }
}
