/** Reads the rules of style sheets, as far as they decide whether text is visible. */
import { type Block, type CssNode, ident, parse, type Raw, type SelectorList } from 'css-tree'
import { tooComplicated } from './errors.ts'
import { conditionHolds, mediaApplies } from './media.ts'

export interface Declared {
  readonly value: string
  readonly important: boolean
}

/** By property in lower case, with shorthands expanded. */
export type Declarations = ReadonlyMap<string, Declared>

export interface StyleRule {
  readonly selectors: SelectorList
  readonly declarations: Declarations
  /** The enclosing rule, which `&` refers to. */
  readonly parent: StyleRule | undefined
  /** Whether it is in a cascade layer, and so weaker than all rules outside one. */
  readonly layered: boolean
}

export interface Sheets {
  readonly rules: StyleRule[]
  /** By animation, the properties that it may set to a visible value. */
  readonly animations: Map<string, Set<string>>
}

/** Levels of nested rules; people need three or four. */
const MAX_DEPTH = 32
/** Parse errors; old pages have a few dozen hacks. */
const MAX_ERRORS = 5000
/** A longer invalid selector is not just a typing error; UTF-16 code units. */
const MAX_BROKEN_CHARACTERS = 2000
/** Values are cut here, because those that hide text are short; UTF-16 code units. */
const MAX_CSS_VALUE_CHARACTERS = 1000

/** The rules of one style sheet. Throws `document_too_large` for sheets unlike any honest one. */
export function readSheet(css: string): Sheets {
  const sheets: Sheets = { rules: [], animations: new Map() }
  let errors = 0
  const read = (text: string): CssNode =>
    parse(text, {
      parseValue: false,
      parseAtrulePrelude: false,
      onParseError() {
        if (++errors > MAX_ERRORS) throw tooComplicated(`its styles have more than ${MAX_ERRORS} errors`)
      },
    })
  const nested = (text: string, parent: StyleRule | undefined, layered: boolean, depth: number) => {
    const sheet = read(text)
    if (sheet.type === 'StyleSheet') walk(sheet.children, parent, layered, depth)
  }
  const walk = (nodes: Iterable<CssNode>, parent: StyleRule | undefined, layered: boolean, depth: number) => {
    if (depth > MAX_DEPTH) throw tooComplicated(`its styles have rules nested more than ${MAX_DEPTH} deep`)
    for (const node of nodes) {
      if (node.type === 'Atrule' && node.block)
        atRule(node.name, node.prelude, node.block, parent, layered, depth)
      else if (node.type === 'Rule') {
        const selectors = selectorsOf(node.prelude)
        if (selectors) addRule(selectors, node.block, parent, layered, depth)
      }
    }
  }
  /** If css-tree gives a raw prelude, the selectors follow declarations that it took for part of them. */
  const selectorsOf = (prelude: SelectorList | Raw): SelectorList | undefined => {
    if (prelude.type === 'SelectorList') return prelude
    const rest = prelude.value.slice(prelude.value.lastIndexOf(';') + 1)
    if (rest.length === prelude.value.length) {
      // The parser gives up on deep nesting that a browser may still read.
      if (rest.length > MAX_BROKEN_CHARACTERS)
        throw tooComplicated('its styles have a selector that cannot be read')
      return undefined
    }
    const list = parse(rest, { context: 'selectorList', onParseError: () => undefined })
    return list.type === 'SelectorList' ? list : undefined
  }
  const addRule = (
    selectors: SelectorList,
    block: Block,
    parent: StyleRule | undefined,
    layered: boolean,
    depth: number,
  ) => {
    const declarations = new Map<string, Declared>()
    const rule: StyleRule = { selectors, declarations, parent, layered }
    sheets.rules.push(rule)
    fill(block.children, declarations)
    walk(block.children, rule, layered, depth + 1)
    for (const child of block.children) {
      // A nested rule without a leading `&` makes css-tree give the rest of the block as raw text.
      if (child.type !== 'Raw' || !child.value.includes('{')) continue
      nested(child.value, rule, layered, depth + 1)
      fill(looseDeclarations(child.value), declarations)
    }
  }
  const atRule = (
    written: string,
    prelude: CssNode | null,
    block: Block,
    parent: StyleRule | undefined,
    layered: boolean,
    depth: number,
  ) => {
    const name = written.toLowerCase()
    const condition = prelude?.type === 'Raw' ? prelude.value : ''
    if (/^(?:-\w+-)?keyframes$/u.test(name)) return addAnimation(condition, block)
    const holds =
      name === 'media'
        ? mediaApplies(condition)
        : name === 'container'
          ? conditionHolds(condition)
          : name === 'supports'
            ? !/^\s*not\b/iu.test(condition)
            : name === 'layer' || name === 'scope' || name === 'document'
    if (!holds) return
    const inside = layered || name === 'layer'
    if (parent) addRule(SELF, block, parent, inside, depth + 1)
    else walk(block.children, parent, inside, depth + 1)
  }
  const addAnimation = (name: string, block: Block) => {
    const shown = sheets.animations.get(name.trim()) ?? new Set()
    for (const frame of block.children) {
      if (frame.type !== 'Rule') continue
      const declarations = new Map<string, Declared>()
      fill(frame.block.children, declarations)
      for (const [property, { value }] of declarations)
        if (!/^(?:hidden|collapse|none|0(?:\.0*)?%?)$/iu.test(value)) shown.add(property)
    }
    sheets.animations.set(name.trim(), shown)
  }
  walk(asSheet(read(css)), undefined, false, 0)
  return sheets
}

const asSheet = (node: CssNode): Iterable<CssNode> => (node.type === 'StyleSheet' ? node.children : [])

const listOf = (text: string): SelectorList => {
  const list = parse(text, { context: 'selectorList' })
  if (list.type !== 'SelectorList') throw new Error(`${text} is no list of selectors`)
  return list
}

/** The selector of a conditional block inside a rule: it applies to the rule's own elements. */
const SELF = listOf('&')

/** The declarations between nested rules in a raw part of a block. */
function looseDeclarations(raw: string): CssNode[] {
  let depth = 0
  let loose = ''
  for (const piece of raw.split(/([{}])/u)) {
    if (piece === '{') depth++
    else if (piece === '}') depth = Math.max(0, depth - 1)
    else if (depth === 0) loose += `${piece};`
  }
  return declarationNodes(loose)
}

function declarationNodes(text: string): CssNode[] {
  const list = parse(text, { context: 'declarationList', parseValue: false, onParseError: () => undefined })
  return list.type === 'DeclarationList' ? [...list.children] : []
}

/** The declarations of a `style` attribute. */
export function readStyle(text: string): Declarations {
  const declarations = new Map<string, Declared>()
  fill(declarationNodes(text.slice(0, 20 * MAX_CSS_VALUE_CHARACTERS)), declarations)
  return declarations
}

function fill(nodes: Iterable<CssNode>, declarations: Map<string, Declared>): void {
  for (const node of nodes) {
    if (node.type !== 'Declaration') continue
    const written = ident.decode(node.property)
    const property = written.startsWith('--') ? written : written.toLowerCase()
    const raw = node.value.type === 'Raw' ? node.value.value : ''
    const text = withoutComments(raw.slice(0, MAX_CSS_VALUE_CHARACTERS)).trim()
    const value = text.includes('\\') ? ident.decode(text) : text
    const important = node.important !== false
    // Variables are known only at the element, so a shorthand with one is expanded there.
    const parts: [string, string][] = value.includes('var(')
      ? [[property, value]]
      : longhands(property, value)
    for (const [name, part] of parts)
      if (decides(name) && (important || declarations.get(name)?.important !== true))
        declarations.set(name, { value: part, important })
  }
}

function withoutComments(css: string): string {
  let kept = ''
  let at = 0
  for (;;) {
    const start = css.indexOf('/*', at)
    const end = start < 0 ? -1 : css.indexOf('*/', start + 2)
    if (end < 0) return kept + css.slice(at)
    kept += `${css.slice(at, start)} `
    at = end + 2
  }
}

const SIDES = ['top', 'right', 'bottom', 'left'] as const

/** Expands the shorthands that decide visibility; other declarations only lose their vendor prefix. */
export function longhands(property: string, value: string): [string, string][] {
  const parts = value.split(/\s+/u)
  const [first = ''] = parts
  switch (property) {
    case 'inset':
    case 'margin':
    case 'padding':
      return SIDES.map((side, i) => [
        property === 'inset' ? side : `${property}-${side}`,
        parts[i] ?? parts[i - 2] ?? first,
      ])
    case 'overflow':
      return [
        ['overflow-x', first],
        ['overflow-y', parts[1] ?? first],
      ]
    case 'font': {
      const size = parts.find((part) => /^[\d.+-]+[a-z%]+(?:\/|$)|^[\d.+-]+\//iu.test(part))?.split('/')[0]
      return size === undefined ? [] : [['font-size', size]]
    }
    case 'background': {
      const isPicture = /(?:url|gradient|image)\(/iu.test(value)
      const words = withoutPictures(value).match(/(?<![\w-])[\w-]+\([^()]*\)|#\w+|[a-z]+/giu) ?? []
      return [
        ['background-image', isPicture ? 'url()' : 'none'],
        ['background-color', words.find((word) => !BACKGROUND_WORDS.test(word)) ?? 'transparent'],
        ...(/\btext\b/u.test(value) ? [['background-clip', 'text'] satisfies [string, string]] : []),
      ]
    }
    default:
      return [[property.replace(/^-(?:webkit|moz)-(?!text-fill)/u, ''), value]]
  }
}

/** Drops everything from the first image to the last closing parenthesis. */
function withoutPictures(value: string): string {
  const start = /(?<![\w-])(?:url|[\w-]*gradient|image-set)\(/iu.exec(value)?.index
  const end = value.lastIndexOf(')')
  return start === undefined || end < start ? value : `${value.slice(0, start)} ${value.slice(end + 1)}`
}

const BACKGROUND_WORDS =
  /^(?:none|scroll|fixed|local|repeat|no|x|y|left|right|top|bottom|center|cover|contain|auto|round|space|text|border|padding|content|box|px|em|rem)$/iu

/** The properties that decide whether text is visible; others are ignored. */
const DECIDING = new Set(
  'display visibility opacity content-visibility font-size font color text-fill-color -webkit-text-fill-color background background-color background-image background-clip width height max-width max-height min-width min-height overflow-x overflow-y padding-top padding-bottom padding-left clip clip-path position left right top bottom margin-left margin-top text-indent text-shadow transform translate scale filter zoom animation animation-name margin padding inset overflow'.split(
    ' ',
  ),
)
const decides = (property: string): boolean => DECIDING.has(property) || property.startsWith('--')
