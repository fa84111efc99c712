/** XML as elements. */
import { oneLine } from '../../../text/lines.ts'

/** An element; its content in order. Names are without prefixes. */
export interface XmlElement {
  readonly name: string
  readonly attributes: readonly (readonly [name: string, value: string])[]
  readonly content: (XmlElement | string)[]
  /** What a comment before it says. */
  readonly comment?: string | undefined
}

/** Deeper nesting is taken for an attack: what reads elements is recursive. */
const MAX_DEPTH = 200
/** UTF-16 code units. */
const MAX_COMMENT_CHARACTERS = 400
const ENTITIES = {
  nbsp: '\u00a0',
  mdash: '—',
  ndash: '–',
  hellip: '…',
  laquo: '«',
  raquo: '»',
  copy: '©',
  reg: '®',
}

/** The root of a file, or why it cannot be read. */
export async function parseXml(source: string): Promise<{ root: XmlElement } | { problem: string }> {
  const { SaxesParser } = await import('saxes')
  const parser = new SaxesParser<{ xmlns: false; position: true }>({ xmlns: false, position: true })
  Object.assign(parser.ENTITIES, ENTITIES)
  const top: XmlElement = { name: '', attributes: [], content: [] }
  const open = [top]
  let comment: string | undefined
  parser.on('opentag', ({ name, attributes }) => {
    if (open.length > MAX_DEPTH) throw new TypeError(`it nests deeper than ${MAX_DEPTH} levels`)
    const element: XmlElement = { name: local(name), attributes: own(attributes), content: [], comment }
    comment = undefined
    open.at(-1)?.content.push(element)
    open.push(element)
  })
  parser.on('closetag', () => {
    open.pop()
    comment = undefined
  })
  parser.on('comment', (text) => {
    // Elements that are commented out say nothing.
    comment = text.includes('<') ? undefined : oneLine(text.slice(0, MAX_COMMENT_CHARACTERS))
  })
  const hear = (text: string): void => {
    open.at(-1)?.content.push(text)
  }
  parser.on('text', hear)
  parser.on('cdata', hear)
  parser.on('error', (error) => {
    throw error
  })
  try {
    // The declared encoding does not matter any more: the text is decoded.
    parser.write(source).close()
  } catch (thrown) {
    return { problem: `${thrown instanceof Error ? oneLine(thrown.message) : 'it cannot be parsed'}.` }
  }
  const root = elementsOf(top)[0]
  return root ? { root } : { problem: 'it has no element.' }
}

const local = (name: string): string => name.slice(name.indexOf(':') + 1)

/** What attributes say of the content, not of the markup. */
const own = (attributes: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(attributes)
    .filter(([name]) => !/^(?:xmlns(?:$|:)|xsi:|xml:space$)/u.test(name))
    .map(([name, value]) => [local(name), value])

export const elementsOf = ({ content }: XmlElement): XmlElement[] =>
  content.filter((each) => typeof each !== 'string')

/** Whether words stand between its elements. */
export const hasText = ({ content }: XmlElement): boolean =>
  content.some((each) => typeof each === 'string' && each.trim() !== '')

/** All text, without tags of HTML that is written as text. */
export function textOf(element: XmlElement): string {
  const parts: string[] = []
  const walk = ({ content }: XmlElement): void => {
    for (const each of content) {
      if (typeof each === 'string') parts.push(each)
      else walk(each)
    }
  }
  walk(element)
  return parts.join('').replace(HTML_TAG, ' ').trim()
}

const HTML_TAG =
  /<\/?(?:a|b|i|u|p|br|hr|em|strong|div|span|ul|ol|li|img|h[1-6]|table|tbody|thead|tr|td|th|blockquote|code|pre|figure|font|small|sub|sup)(?:\s[^<>]{0,2000})?\/?>/giu
