import { oneLine } from '../../../text/lines.ts'
import { invalid } from '../json.ts'
import { fileTitle, type TextLoader } from '../loader.ts'
import { createTextBuilder } from '../writing/text-builder.ts'
import { addTree, type Tree } from '../writing/tree.ts'
import { elementsOf, hasText, parseXml, textOf, type XmlElement } from './element.ts'
import { isProse, writeProse } from './prose.ts'

/**
 * XML as what it holds: data as records and fields, without tags; texts (DocBook, DITA, TEI and the like) as sections
 * and paragraphs. Invalid files are read as text, with a warning. Only XML's own entities and a few of HTML's are known:
 * what a file defines itself is not expanded.
 */
export const xml = {
  reads: 'text',
  name: 'XML',
  extensions: ['xml', 'rss', 'atom', 'opml', 'plist', 'gpx', 'kml', 'dita', 'ditamap', 'dbk', 'tei', 'fb2'],
  declaredEncoding: (bytes) =>
    /^\s*<\?xml[^<>]*encoding\s*=\s*["']([\w-]{2,40})/iu.exec(bytes.toString('latin1', 0, 1000))?.[1],
  async load(source, uri) {
    const title = fileTitle(uri)
    const parsed = await parseXml(source)
    if ('problem' in parsed) return invalid(source, title, MEDIA_TYPE, `Not valid XML: ${parsed.problem}`)
    const { root } = parsed
    const common = { title: titleOf(root) || title, mediaType: MEDIA_TYPE, linesMatchFile: false }
    if (isProse(root)) return { ...common, ...writeProse(root) }
    const builder = createTextBuilder()
    addTree(builder, treeOf(root))
    return { ...common, ...builder.finish() }
  },
} satisfies TextLoader

const MEDIA_TYPE = 'application/xml'

/** Where files have their title: below the root, or in the part that describes them. */
const HEADS = new Set(['channel', 'head', 'info', 'bookinfo', 'articleinfo', 'header', 'prolog', 'metadata'])

function titleOf(root: XmlElement): string {
  const places = [root, ...elementsOf(root).filter(({ name }) => HEADS.has(name))]
  const title = places.flatMap(elementsOf).find(({ name }) => name === 'title')
  return title === undefined ? '' : oneLine(textOf(title)).slice(0, 300)
}

/** Fields of a part become fields of the whole while there are no more than these: `name.first`. */
const MAX_FLAT_ENTRIES = 16
const MAX_FLAT_CHARACTERS = 100

function treeOf(element: XmlElement): Tree {
  const children = elementsOf(element)
  if (hasText(element) || (children.length === 0 && element.attributes.length === 0)) {
    const text = textOf(element) || emptyValue(element)
    const value: Tree = { kind: 'value', text, comment: element.comment }
    return element.attributes.length === 0
      ? value
      : { kind: 'map', entries: [['', value], ...attributesOf(element)] }
  }
  const pairs = element.name === 'dict' ? propertyList(children) : undefined
  return { kind: 'map', entries: pairs ?? [...attributesOf(element), ...entriesOf(children)] }
}

const attributesOf = ({ attributes }: XmlElement): [string, Tree][] =>
  attributes.map(([name, text]) => [name, { kind: 'value', text }])

/** In property lists, an element without content is its name. */
const emptyValue = ({ name }: XmlElement): string => (name === 'true' || name === 'false' ? name : '')

/** Elements of one name are a list. */
function entriesOf(children: readonly XmlElement[]): [string, Tree][] {
  const byName = new Map<string, Tree[]>()
  for (const child of children) {
    const same = byName.get(child.name)
    if (same) same.push(treeOf(child))
    else byName.set(child.name, [treeOf(child)])
  }
  return Array.from(byName).flatMap(([name, items]) => {
    const [only] = items
    return items.length === 1 && only
      ? flat(name, only)
      : [[name, { kind: 'list', items: items.map(asItem) }]]
  })
}

/** The fields of a small part, under its name. */
function flat(name: string, tree: Tree): [string, Tree][] {
  if (tree.kind !== 'map' || tree.entries.length > MAX_FLAT_ENTRIES || name.length > MAX_FLAT_CHARACTERS)
    return [[name, asItem(tree)]]
  return tree.entries.map(([key, value]) => [key === '' ? name : `${name}.${key}`, value])
}

/** Text beside attributes has no name of its own; they name it, so it stands behind them. */
function asItem(tree: Tree): Tree {
  if (tree.kind !== 'map') return tree
  const texts = tree.entries.filter(([key]) => key === '').map(([, value]) => ['text', value] as const)
  return { kind: 'map', entries: [...tree.entries.filter(([key]) => key !== ''), ...texts] }
}

/** Apple's property lists: `<key>` and its value in turn. */
function propertyList(children: readonly XmlElement[]): [string, Tree][] | undefined {
  const pairs: [string, Tree][] = []
  for (let i = 0; i + 1 < children.length; i += 2) {
    const [key, value] = [children[i], children[i + 1]]
    if (key?.name !== 'key' || value === undefined) return undefined
    pairs.push([oneLine(textOf(key)), asItem(treeOf(value))])
  }
  return pairs
}
