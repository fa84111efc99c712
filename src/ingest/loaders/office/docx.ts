/** Reads Word documents: paragraphs, headings by style or outline level, lists, tables, text boxes and footnotes. */
import type { LoadedDocument } from '../../../domain/document.ts'
import { fileTitle, type LoadOptions } from '../loader.ts'
import { createDocumentWriter } from '../writing/document-writer.ts'
import { meaningful } from '../writing/pictures.ts'
import { openArchive } from './archive.ts'
import { createFlow, type Paragraph } from './flow.ts'
import { readProperties } from './properties.ts'
import { mainPart, related, relationshipsOf } from './relationships.ts'
import {
  hides,
  isOn,
  listLevel,
  type Numbering,
  readNumbering,
  readStyles,
  type Styles,
} from './word-styles.ts'
import { type Attributes, readXml, type XmlHandler } from './xml.ts'

const FORMAT = 'Word'

export async function readDocx(bytes: Buffer, options: LoadOptions): Promise<LoadedDocument> {
  const archive = await openArchive(bytes, FORMAT)
  const main = await mainPart(archive, FORMAT)
  const parts = await relationshipsOf(archive, main, FORMAT)
  const part = (type: string) => related(parts, type, archive)
  const styles = await readStyles(archive, part('styles'))
  const numbering = await readNumbering(archive, part('numbering'))
  const notes = new Map<string, string>()
  for (const type of ['footnote', 'endnote']) {
    const target = part(`${type}s`)
    if (target !== undefined) await readXml(archive, target, FORMAT, noteHandler(type, notes))
  }
  const writer = createDocumentWriter(options.maxTextLength)
  const flow = createFlow(writer)
  await readXml(archive, main, FORMAT, bodyHandler(flow, styles, numbering, notes))
  flow.finish()
  const { title, ...properties } = await readProperties(archive, 'docProps/core.xml', FORMAT)
  const { text, blocks } = writer.finish()
  const first = blocks.find(({ kind }) => kind === 'heading')
  return {
    title: title ?? (first ? text.slice(first.start, first.end).slice(0, 200) : fileTitle(options.uri)),
    mediaType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    text,
    blocks,
    linesMatchFile: false,
    ...properties,
  }
}

/** A paragraph being read. They nest: a text box in a paragraph holds paragraphs. */
interface Open {
  text: string
  style: string | undefined
  outline: number | undefined
  list: { id: string; level: number } | undefined
  notes: string[]
}

/** Content that is skipped: fallbacks for older programs, deleted text and former formatting. */
const SKIPPED = new Set(
  'Fallback del moveFrom instrText delText pPrChange rPrChange tblPrChange trPrChange tcPrChange'.split(' '),
)

function bodyHandler(
  flow: ReturnType<typeof createFlow>,
  styles: Styles,
  numbering: Numbering,
  notes: Map<string, string>,
): XmlHandler {
  const open: Open[] = []
  let skipping = 0
  let inText = false
  /** Depth in `w:pPr` and `w:rPr`, where for example `w:tab` is a tab stop. */
  let properties = 0
  /** The current run: whether it says that it is hidden, and its style. */
  let run: { hidden: boolean | undefined; style: string } | undefined

  const write = (text: string) => {
    const paragraph = open.at(-1)
    if (paragraph && !isHidden(paragraph)) paragraph.text += text
  }
  const isHidden = ({ style }: Open): boolean =>
    run?.hidden ??
    styles.get(run?.style ?? '-')?.hidden ??
    (styles.get(style ?? '') ?? styles.get(''))?.hidden ??
    false
  const set = (name: string, attributes: Attributes, paragraph: Open) => {
    const value = attributes.val ?? ''
    if (name === 'pStyle') paragraph.style = value
    else if (name === 'outlineLvl') paragraph.outline = Number(value)
    else if (name === 'ilvl') paragraph.list = { id: paragraph.list?.id ?? '', level: listLevel(value) }
    else if (name === 'numId') paragraph.list = { id: value, level: paragraph.list?.level ?? 0 }
  }
  return {
    open(name, attributes) {
      if (skipping > 0 || SKIPPED.has(name)) skipping++
      else if (name === 'p')
        open.push({ text: '', style: undefined, outline: undefined, list: undefined, notes: [] })
      else if (name === 'pPr' || name === 'rPr') properties++
      else if (properties > 0) {
        const paragraph = open.at(-1)
        if (paragraph) set(name, attributes, paragraph)
        // Run properties inside `w:pPr` apply to the paragraph mark only.
        if (run && properties === 1) {
          run.hidden = hides(name, attributes.val) ?? run.hidden
          if (name === 'rStyle') run.style = attributes.val ?? '-'
        }
      } else if (name === 'r') run = { hidden: undefined, style: '-' }
      else if (name === 't') inText = true
      else if (name === 'tab') write('\t')
      else if (name === 'br' || name === 'cr') write(attributes.type === 'page' ? ' ' : '\n')
      else if (name === 'docPr') write(` ${meaningful(attributes.descr)} `)
      else if (name === 'noBreakHyphen') write('-')
      else if (name === 'footnoteReference' || name === 'endnoteReference') {
        const key = `${name.slice(0, -'Reference'.length)} ${attributes.id}`
        const note = notes.get(key)
        if (note) open.at(-1)?.notes.push(note)
        // A note is written where it is first referenced.
        notes.delete(key)
      } else if (name === 'tbl') flow.openTable()
      else if (name === 'tr') flow.openRow()
      else if (name === 'tc') flow.openCell()
      else if (name === 'tblHeader' && isOn(attributes.val)) flow.headRow()
      else if (name === 'gridSpan') flow.spanCell(Number(attributes.val))
      else if (name === 'vMerge' && attributes.val !== 'restart') flow.continueCell()
    },
    text(text) {
      if (inText && skipping === 0) write(text)
    },
    close(name) {
      if (skipping > 0) skipping--
      else if (name === 't') inText = false
      else if (name === 'r') run = undefined
      else if (name === 'pPr' || name === 'rPr') properties--
      else if (name === 'p') {
        const paragraph = open.pop()
        if (!paragraph) return
        const described = describe(paragraph, styles, numbering)
        if (described) flow.paragraph(described)
        for (const note of paragraph.notes) flow.paragraph({ kind: 'paragraph', text: note })
      } else if (name === 'tbl') flow.closeTable()
    },
  }
}

/** Undefined for lines of a table of contents, which only repeat the headings. */
function describe(paragraph: Open, styles: Styles, numbering: Numbering): Paragraph | undefined {
  const { text } = paragraph
  const style = styles.get(paragraph.style ?? '') ?? styles.get('')
  if (style?.role === 'contents') return undefined
  const level = paragraph.outline ?? style?.outline
  if (level !== undefined && level >= 0 && level < 9) return { kind: 'heading', level: level + 1, text }
  if (style?.role === 'code' || style?.role === 'quote') return { kind: style.role, text }
  const list = paragraph.list ?? style?.list
  if (list && list.id !== '0' && text.trim() !== '')
    return { kind: 'list', level: list.level, marker: numbering.marker(list.id, list.level), text }
  return { kind: 'paragraph', text }
}

/** Collects footnotes or endnotes under keys such as `footnote 3`. */
function noteHandler(type: string, notes: Map<string, string>): XmlHandler {
  let id = ''
  let text = ''
  let inText = false
  let isHidden = false
  return {
    open(name, attributes) {
      if (name === 'r') isHidden = false
      isHidden = hides(name, attributes.val) ?? isHidden
      if (name === type) {
        id = attributes.id ?? ''
        text = ''
      } else if (name === 't') inText = true
      else if (name === 'p' && text !== '') text += ' '
    },
    text(part) {
      if (inText && !isHidden) text += part
    },
    close(name) {
      if (name === 't') inText = false
      else if (name === type && text.trim() !== '') notes.set(`${type} ${id}`, text.trim())
    },
  }
}
