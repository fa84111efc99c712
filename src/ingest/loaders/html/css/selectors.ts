/**
 * Matches selectors for all elements of a page in one forward walk. A selector is a chain of steps (`ul > li.a b` has
 * three). An element takes a step if it matches the step's tests and a related element (parent, ancestor or sibling)
 * took the step before. So an element costs only the steps that name its id, class or tag, and no selector needs
 * backtracking: hostile selectors are as cheap as honest ones.
 */
import { type AttributeSelector, type CssNode, ident, type Nth, type Selector } from 'css-tree'
import type { DomElement, DomNode } from '../dom.ts'
import { tooComplicated } from './errors.ts'

/** An open element, with what is needed to match its children and later siblings. */
export interface Frame {
  readonly node: DomElement
  readonly tag: string
  readonly attributes: ReadonlyMap<string, string>
  readonly classes: ReadonlySet<string>
  readonly lang: string
  readonly parent: Around
  /** Cost of one step: grows with the length of its attributes. */
  readonly weight: number
  /** The previous sibling element. */
  readonly before: DomNode | undefined
  /** Its 1-based index among its siblings, and among those with its tag. */
  readonly index: number
  readonly indexOfTag: number
}

/** State of an element whose children are being walked. */
interface Around {
  readonly frame: Frame | undefined
  readonly parent: DomNode
  /** Steps that the element itself took. */
  readonly taken: ReadonlySet<number>
  count: number
  readonly countOfTag: Map<string, number>
  previous: ReadonlySet<number>
  before?: DomNode
  readonly earlier: Set<number>
  /** Number of children by tag, and of all under ''; counted on first use. */
  all?: ReadonlyMap<string, number>
}

type Test = (frame: Frame, taken: ReadonlySet<number>) => boolean

interface Pseudo {
  readonly test: Test
  readonly specificity: number
  readonly cost?: number
}

interface Keys {
  id?: string
  name?: string
  tag?: string
}

interface Step {
  readonly tests: readonly Test[]
  readonly combinator: string
  readonly before: number | undefined
  /** Number of steps that its tests look at, including itself. */
  readonly cost: number
}

export interface Compiled {
  readonly step: number
  readonly specificity: number
}

/** Steps tried and declarations compared; an honest page of a megabyte needs a million. */
const MAX_WORK = 10_000_000
const MAX_STEPS = 200_000
/** Nesting of selectors inside `:is()` and the like. */
const MAX_DEPTH = 8

/** Thrown for unsupported selectors: they are skipped, with a warning if they could hide text. */
export class Unfollowed extends Error {}

const NOTHING: ReadonlySet<number> = new Set()

/** The selectors of a page, for a single walk over it. */
export class SelectorTable {
  readonly #steps: Step[] = []
  readonly #byId = new Map<string, number[]>()
  readonly #byClass = new Map<string, number[]>()
  readonly #byTag = new Map<string, number[]>()
  readonly #others: number[] = []
  /** Steps that `~` asks about. */
  readonly #forSiblings = new Set<number>()
  /** Number of open elements that took each step. */
  #open = new Uint32Array(0)
  #work = 0
  /** Arguments of `:has()`, which are matched in a walk of their own before this one. */
  readonly #wanted: { readonly step: number; readonly combinator: string; readonly found: Set<DomNode> }[] =
    []
  #inner: SelectorTable | undefined
  readonly #isInner: boolean

  constructor(isInner = false) {
    this.#isInner = isInner
  }

  /** One step that matches whatever any of the selectors matches; undefined if there are none. */
  any(selectors: readonly Compiled[]): Compiled | undefined {
    if (selectors.length < 2) return selectors[0]
    const step = this.#file(
      { tests: [anyOf(selectors)], combinator: '', before: undefined, cost: selectors.length },
      {},
    )
    return { step, specificity: Math.max(...selectors.map(({ specificity }) => specificity)) }
  }

  /**
   * Undefined if it can match nothing. `nesting` is the enclosing rule, which `&` refers to.
   * Throws `Unfollowed`, and `document_too_large`.
   */
  add(selector: Selector, nesting?: Compiled): Compiled | undefined {
    const parts = [...selector.children]
    if (parts[0]?.type === 'Combinator') {
      if (!nesting) return undefined
      parts.unshift(AMPERSAND)
    } else if (nesting && !holds(parts, 0)) parts.unshift(AMPERSAND, DESCENDANT)
    return this.#chain(parts, nesting, 0)
  }

  #chain(parts: readonly CssNode[], nesting: Compiled | undefined, depth: number): Compiled | undefined {
    let last: Compiled | undefined
    let combinator = ''
    let compound: CssNode[] = []
    for (const part of [...parts, DESCENDANT]) {
      if (part.type !== 'Combinator') {
        compound.push(part)
        continue
      }
      const step = this.#step(compound, nesting, depth)
      if (!step) return undefined
      last = {
        step: this.#file({ tests: step.tests, combinator, before: last?.step, cost: step.cost }, step.keys),
        specificity: (last?.specificity ?? 0) + step.specificity,
      }
      combinator = part.name
      compound = []
    }
    return last
  }

  #file(step: Step, { id, name, tag }: Keys): number {
    const number = this.#steps.push(step) - 1
    if (number >= MAX_STEPS) throw tooComplicated(`its styles have more than ${MAX_STEPS} selectors`)
    if (step.before !== undefined && step.combinator === '~') this.#forSiblings.add(step.before)
    const bucket =
      id !== undefined
        ? bucketOf(this.#byId, id)
        : name !== undefined
          ? bucketOf(this.#byClass, name)
          : tag !== undefined
            ? bucketOf(this.#byTag, tag)
            : this.#others
    bucket.push(number)
    return number
  }

  #step(
    compound: readonly CssNode[],
    nesting: Compiled | undefined,
    depth: number,
  ): { tests: Test[]; keys: Keys; specificity: number; cost: number } | undefined {
    const tests: Test[] = []
    const keys: Keys = {}
    let specificity = 0
    let cost = 1
    for (const part of compound) {
      switch (part.type) {
        case 'IdSelector': {
          const wanted = ident.decode(part.name).toLowerCase()
          keys.id = wanted
          specificity += 1_000_000
          tests.push(({ attributes }) => attributes.get('id')?.toLowerCase() === wanted)
          break
        }
        case 'ClassSelector': {
          const wanted = ident.decode(part.name).toLowerCase()
          keys.name = wanted
          specificity += 1000
          tests.push(({ classes }) => classes.has(wanted))
          break
        }
        case 'TypeSelector': {
          const wanted = ident.decode(part.name.slice(part.name.indexOf('|') + 1)).toLowerCase()
          if (wanted === '*') break
          keys.tag = wanted
          specificity += 1
          tests.push(({ tag }) => tag === wanted)
          break
        }
        case 'AttributeSelector':
          specificity += 1000
          tests.push(attributeTest(part))
          break
        case 'NestingSelector': {
          tests.push(nesting ? (_, taken) => taken.has(nesting.step) : isRoot)
          specificity += nesting?.specificity ?? 0
          break
        }
        case 'PseudoClassSelector': {
          const pseudo = this.#pseudo(part.name.toLowerCase(), [...(part.children ?? [])], nesting, depth)
          if (!pseudo) return undefined
          specificity += pseudo.specificity
          cost += pseudo.cost ?? 0
          tests.push(pseudo.test)
          break
        }
        // A pseudo-element, which holds no text of the page.
        default:
          return undefined
      }
    }
    return { tests, keys, specificity, cost }
  }

  #pseudo(
    name: string,
    children: readonly CssNode[],
    nesting: Compiled | undefined,
    depth: number,
  ): Pseudo | undefined {
    const simple = SIMPLE.get(name)
    if (simple) return { test: simple, specificity: 1000 }
    if (NEVER.has(name)) return { test: () => false, specificity: 1000 }
    const [child] = children
    if (child?.type === 'Nth') return { test: nthTest(name, child), specificity: 1000 }
    if (name === 'lang' || name === 'dir') {
      const wanted = children.flatMap((each) =>
        each.type === 'Identifier'
          ? [each.name.toLowerCase()]
          : each.type === 'String'
            ? [each.value.toLowerCase()]
            : [],
      )
      const test: Test =
        name === 'dir'
          ? () => wanted.includes('ltr')
          : ({ lang }) => wanted.some((each) => lang === each || lang.startsWith(`${each}-`))
      return { test, specificity: 1000 }
    }
    if (child?.type !== 'SelectorList') return undefined
    if (depth >= MAX_DEPTH) throw new Unfollowed()
    const selectors = [...child.children].filter((each) => each.type === 'Selector')
    if (name === 'has') return this.#has(selectors, depth)
    if (!/^(?:is|where|not|matches|any|-webkit-any|-moz-any)$/u.test(name)) return undefined
    const found = selectors
      .map(({ children: parts }) => this.#chain([...parts], nesting, depth + 1))
      .filter((each) => each !== undefined)
    const isAny = anyOf(found)
    return {
      cost: found.length,
      test: name === 'not' ? (frame, taken) => !isAny(frame, taken) : isAny,
      specificity: name === 'where' ? 0 : Math.max(0, ...found.map((each) => each.specificity)),
    }
  }

  #has(selectors: readonly Selector[], depth: number): Pseudo {
    if (this.#isInner) throw new Unfollowed()
    this.#inner ??= new SelectorTable(true)
    const sets: ReadonlySet<DomNode>[] = []
    let specificity = 0
    for (const { children } of selectors) {
      const [first, ...others] = children
      const combinator = first?.type === 'Combinator' ? first.name : ' '
      const parts = first?.type === 'Combinator' ? others : [...children]
      const isChain = parts.some(({ type }) => type === 'Combinator')
      if (combinator === '~' || (combinator !== ' ' && isChain)) throw new Unfollowed()
      const compiled = this.#inner.#chain(parts, undefined, depth + 1)
      if (!compiled) continue
      const found = new Set<DomNode>()
      this.#wanted.push({ step: compiled.step, combinator, found })
      sets.push(found)
      specificity = Math.max(specificity, compiled.specificity)
    }
    return { test: ({ node }) => sets.some((found) => found.has(node)), specificity, cost: sets.length }
  }

  /** Finds the elements that the arguments of `:has()` match. */
  #prepare(document: DomNode): void {
    this.#inner?.walk(document, {
      enter: (frame, taken) => {
        this.spend(this.#wanted.length)
        for (const { step, combinator, found } of this.#wanted) {
          if (!taken.has(step)) continue
          if (combinator === '+') {
            const { before } = frame
            if (before) found.add(before)
            continue
          }
          for (let at = frame.parent.frame; at && !found.has(at.node); at = at.parent.frame) {
            found.add(at.node)
            if (combinator === '>') break
          }
        }
        return true
      },
    })
  }

  /** Adds to the total cost. Throws `document_too_large` if it becomes too high. */
  spend(work: number): void {
    this.#work += work
    if (this.#work > MAX_WORK) throw tooComplicated('it has too many elements for so many style rules')
  }

  /** Visits all elements and texts in document order; the content of an element only if `enter` returns true. */
  walk(document: DomNode, visitor: Visitor): void {
    this.#prepare(document)
    this.#open = new Uint32Array(this.#steps.length)
    let around = childrenOf(undefined, document, NOTHING)
    const outer: Around[] = []
    let node = document.firstChild
    while (node || outer.length > 0) {
      if (!node) {
        const { frame, taken } = around
        if (frame) visitor.leave?.(frame)
        for (const step of taken) this.#open[step] = (this.#open[step] ?? 0) - 1
        node = frame?.node.nextSibling ?? null
        around = outer.pop() ?? around
        continue
      }
      if (!isElement(node)) {
        if (node.nodeType === TEXT) visitor.text?.(node)
        node = node.nextSibling
        continue
      }
      const frame = frameOf(node, around)
      const taken = this.#take(frame)
      around.previous = taken
      around.before = node
      for (const step of taken) if (this.#forSiblings.has(step)) around.earlier.add(step)
      if (visitor.enter(frame, taken)) {
        for (const step of taken) this.#open[step] = (this.#open[step] ?? 0) + 1
        outer.push(around)
        around = childrenOf(frame, node, taken)
        node = node.firstChild
      } else node = node.nextSibling
    }
  }

  #take(frame: Frame): ReadonlySet<number> {
    const candidates = [...this.#others]
    const id = frame.attributes.get('id')
    const lists = [
      this.#byTag.get(frame.tag),
      id === undefined ? undefined : this.#byId.get(id.toLowerCase()),
    ]
    for (const name of frame.classes) lists.push(this.#byClass.get(name))
    for (const list of lists) for (const step of list ?? []) candidates.push(step)
    if (candidates.length === 0) return NOTHING
    this.spend(candidates.reduce((sum, step) => sum + (this.#steps[step]?.cost ?? 0), 0) * frame.weight)
    // Steps inside `:is()` and `:not()` have lower numbers than those that ask about them.
    candidates.sort((one, other) => one - other)
    const taken = new Set<number>()
    for (const candidate of candidates) {
      const step = this.#steps[candidate]
      if (step && this.#follows(step, frame.parent) && step.tests.every((test) => test(frame, taken)))
        taken.add(candidate)
    }
    return taken.size === 0 ? NOTHING : taken
  }

  #follows({ before, combinator }: Step, { taken, previous, earlier }: Around): boolean {
    if (before === undefined) return true
    if (combinator === ' ') return (this.#open[before] ?? 0) > 0
    if (combinator === '>') return taken.has(before)
    return combinator === '+' ? previous.has(before) : combinator === '~' && earlier.has(before)
  }
}

const anyOf =
  (selectors: readonly Compiled[]): Test =>
  (_, taken) =>
    selectors.some(({ step }) => taken.has(step))

interface Visitor {
  enter: (frame: Frame, taken: ReadonlySet<number>) => boolean
  text?: (node: DomNode) => void
  /** Called after the last child of an entered element. */
  leave?: (frame: Frame) => void
}

/** Every so many characters of attributes add the cost of one more step. */
const LONG_ATTRIBUTES = 200

const ELEMENT = 1
const TEXT = 3

const isElement = (node: DomNode): node is DomElement => node.nodeType === ELEMENT

const childrenOf = (frame: Frame | undefined, parent: DomNode, taken: ReadonlySet<number>): Around => ({
  frame,
  parent,
  taken,
  count: 0,
  countOfTag: new Map(),
  previous: NOTHING,
  earlier: new Set(),
})

function frameOf(node: DomElement, parent: Around): Frame {
  const attributes = new Map<string, string>()
  let characters = 0
  for (const { name, value } of node.attributes) {
    attributes.set(name.toLowerCase(), value)
    characters += value.length
  }
  const tag = node.nodeName.toLowerCase()
  const indexOfTag = (parent.countOfTag.get(tag) ?? 0) + 1
  parent.countOfTag.set(tag, indexOfTag)
  parent.count++
  return {
    node,
    tag,
    attributes,
    classes: new Set((attributes.get('class') ?? '').toLowerCase().split(/\s+/u).filter(Boolean)),
    lang: (attributes.get('lang') ?? attributes.get('xml:lang') ?? parent.frame?.lang ?? '').toLowerCase(),
    parent,
    weight: 1 + Math.floor(characters / LONG_ATTRIBUTES),
    before: parent.before,
    index: parent.count,
    indexOfTag,
  }
}

/** Number of siblings of an element, including itself; with `ofTag`, only those with its tag. */
function siblings({ parent, tag }: Frame, ofTag: boolean): number {
  if (!parent.all) {
    const all = new Map<string, number>()
    for (let node = parent.parent.firstChild; node; node = node.nextSibling) {
      if (node.nodeType !== ELEMENT) continue
      const name = node.nodeName.toLowerCase()
      all.set(name, (all.get(name) ?? 0) + 1)
      all.set('', (all.get('') ?? 0) + 1)
    }
    parent.all = all
  }
  return parent.all.get(ofTag ? tag : '') ?? 0
}

const fromEnd = (frame: Frame): number => siblings(frame, false) - frame.index + 1
const fromEndOfTag = (frame: Frame): number => siblings(frame, true) - frame.indexOfTag + 1

function nthTest(name: string, { nth, selector }: Nth): Test {
  // `of` a selector would need a count for every selector.
  if (selector !== null) throw new Unfollowed()
  const [a, b] =
    nth.type === 'Identifier'
      ? [2, nth.name.toLowerCase() === 'odd' ? 1 : 0]
      : [Number(nth.a ?? 0), Number(nth.b ?? 0)]
  const fits = (index: number) => (a === 0 ? index === b : (index - b) % a === 0 && (index - b) / a >= 0)
  switch (name) {
    case 'nth-child':
      return ({ index }) => fits(index)
    case 'nth-of-type':
      return ({ indexOfTag }) => fits(indexOfTag)
    case 'nth-last-child':
      return (frame) => fits(fromEnd(frame))
    case 'nth-last-of-type':
      return (frame) => fits(fromEndOfTag(frame))
    default:
      throw new Unfollowed()
  }
}

const isRoot: Test = ({ parent }) => parent.frame === undefined

const SIMPLE: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['root', isRoot],
  ['scope', isRoot],
  ['defined', () => true],
  ['first-child', ({ index }) => index === 1],
  ['first-of-type', ({ indexOfTag }) => indexOfTag === 1],
  ['last-child', (frame) => fromEnd(frame) === 1],
  ['last-of-type', (frame) => fromEndOfTag(frame) === 1],
  ['only-child', (frame) => siblings(frame, false) === 1],
  ['only-of-type', (frame) => siblings(frame, true) === 1],
  ['empty', ({ node }) => node.firstChild === null],
  ['link', ({ attributes }) => attributes.has('href')],
  ['any-link', ({ attributes }) => attributes.has('href')],
  ['checked', ({ attributes }) => attributes.has('checked') || attributes.has('selected')],
  ['disabled', ({ attributes }) => attributes.has('disabled')],
  ['enabled', ({ attributes }) => !attributes.has('disabled')],
  ['open', ({ attributes }) => attributes.has('open')],
  ['required', ({ attributes }) => attributes.has('required')],
  ['optional', ({ attributes }) => !attributes.has('required')],
])

/** Pseudo-classes that match nothing before the user interacts with the page. */
const NEVER = new Set(
  'hover focus focus-within focus-visible active target target-within visited popover-open modal fullscreen picture-in-picture playing paused current past future local-link autofill -webkit-autofill indeterminate placeholder-shown valid invalid user-valid user-invalid in-range out-of-range read-write default host'.split(
    ' ',
  ),
)

function attributeTest({ name, matcher, value, flags }: AttributeSelector): Test {
  const attribute = ident.decode(name.name.slice(name.name.indexOf('|') + 1)).toLowerCase()
  if (matcher === null || value === null) return ({ attributes }) => attributes.has(attribute)
  const written = value.type === 'Identifier' ? ident.decode(value.name) : value.value
  const isLoose = flags?.toLowerCase() === 'i' || LOOSE.has(attribute)
  const fold = (text: string) => (isLoose ? text.toLowerCase() : text)
  const wanted = fold(written)
  const fits = (is: string): boolean => {
    switch (matcher) {
      case '=':
        return is === wanted
      case '~=':
        return wanted !== '' && is.split(/\s+/u).includes(wanted)
      case '|=':
        return is === wanted || is.startsWith(`${wanted}-`)
      case '^=':
        return wanted !== '' && is.startsWith(wanted)
      case '$=':
        return wanted !== '' && is.endsWith(wanted)
      case '*=':
        return wanted !== '' && is.includes(wanted)
      default:
        return false
    }
  }
  return ({ attributes }) => {
    const is = attributes.get(attribute)
    return is !== undefined && fits(fold(is))
  }
}

/** HTML attributes whose values are compared case-insensitively. */
const LOOSE = new Set('type dir lang align hidden method media rel shape valign'.split(' '))

const AMPERSAND: CssNode = { type: 'NestingSelector' }
const DESCENDANT: CssNode = { type: 'Combinator', name: ' ' }

/** Whether a selector contains `&`. */
const holds = (nodes: readonly CssNode[], depth: number): boolean =>
  depth <= 3 * MAX_DEPTH &&
  nodes.some(
    (node) =>
      node.type === 'NestingSelector' ||
      ((node.type === 'PseudoClassSelector' || node.type === 'SelectorList' || node.type === 'Selector') &&
        holds([...(node.children ?? [])], depth + 1)),
  )

function bucketOf(buckets: Map<string, number[]>, key: string): number[] {
  const found = buckets.get(key) ?? []
  buckets.set(key, found)
  return found
}
