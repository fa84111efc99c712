/** Texts in XML: DocBook, DITA, TEI, FictionBook and what is like them. */
import type { LoadedDocument } from '../../../domain/document.ts'
import { oneLine } from '../../../text/lines.ts'
import { createDocumentWriter, type DocumentWriter } from '../writing/document-writer.ts'
import { elementsOf, hasText, textOf, type XmlElement } from './element.ts'

const PARAGRAPH = /^(?:p|para|simpara)$/u
const TITLE = /^(?:title|head|subtitle)$/u
const CODE = /^(?:programlisting|screen|codeblock|literallayout|pre|eg)$/u
const LIST = /^(?:itemizedlist|orderedlist|list|ul|ol|steps|procedure)$/u
const TABLE = /^(?:table|informaltable|simpletable)$/u
const ROW = /^(?:row|tr|strow|sthead)$/u

/** Whether it has paragraphs: data has fields instead. */
export const isProse = (element: XmlElement): boolean =>
  elementsOf(element).some((child) => PARAGRAPH.test(child.name) || isProse(child))

export function writeProse(root: XmlElement): Pick<LoadedDocument, 'text' | 'blocks'> {
  const writer = createDocumentWriter(Number.POSITIVE_INFINITY)
  write(writer, root, 1)
  return writer.finish()
}

function write(writer: DocumentWriter, element: XmlElement, level: number): void {
  const { name } = element
  if (TITLE.test(name)) writer.heading(level, textOf(element))
  else if (CODE.test(name)) writer.block('code', textOf(element))
  else if (TABLE.test(name)) writeTable(writer, element)
  else if (LIST.test(name)) writer.block('list', listText(element))
  else if (hasText(element)) writer.block('paragraph', oneLine(textOf(element)))
  else writeParts(writer, element, level)
}

/** A title names the part that it stands in; the parts inside are a level deeper. */
function writeParts(writer: DocumentWriter, element: XmlElement, level: number): void {
  const children = elementsOf(element)
  const isNamed = children.some(({ name }) => TITLE.test(name))
  if (isNamed) writer.leave(level)
  for (const child of children) write(writer, child, isNamed && !TITLE.test(child.name) ? level + 1 : level)
}

const listText = (list: XmlElement): string =>
  elementsOf(list)
    .filter(({ name }) => !TITLE.test(name))
    .map((item) => `- ${spaced(item)}`)
    .join('\n')

/** The text with spaces between the elements, which are lines of their own. */
const spaced = (element: XmlElement): string =>
  oneLine(hasText(element) ? textOf(element) : elementsOf(element).map(textOf).join(' '))

function writeTable(writer: DocumentWriter, table: XmlElement): void {
  const rows: string[] = []
  const walk = (element: XmlElement): void => {
    if (TITLE.test(element.name) || element.name === 'caption') rows.push(spaced(element))
    else if (ROW.test(element.name)) rows.push(elementsOf(element).map(spaced).join(' | '))
    else for (const child of elementsOf(element)) walk(child)
  }
  walk(table)
  writer.block('table', rows.join('\n'))
}
