/** Reads presentations: slides in order, titles first, with tables, charts, diagrams and speaker notes. */

import type { LoadedDocument } from '../../../domain/document.ts'
import { fileTitle, type LoadOptions } from '../loader.ts'
import { isPlaceholderTitle } from '../placeholder-title.ts'
import { createDocumentWriter, type DocumentWriter } from '../writing/document-writer.ts'
import { meaningful } from '../writing/pictures.ts'
import { type Archive, openArchive } from './archive.ts'
import { rowOf, tableText } from './cells.ts'
import { createFlow } from './flow.ts'
import { readProperties } from './properties.ts'
import { mainPart, relationshipsOf } from './relationships.ts'
import { type Attributes, readXml, type XmlHandler } from './xml.ts'

const FORMAT = 'PowerPoint'

export async function readPptx(bytes: Buffer, options: LoadOptions): Promise<LoadedDocument> {
  const archive = await openArchive(bytes, FORMAT)
  const main = await mainPart(archive, FORMAT)
  const parts = await relationshipsOf(archive, main, FORMAT)
  const ids: string[] = []
  await readXml(archive, main, FORMAT, {
    open(name, attributes) {
      const id = attributes['r:id']
      if (name === 'sldId' && id !== undefined) ids.push(id)
    },
  })
  const writer = createDocumentWriter(options.maxTextLength)
  for (const [i, id] of ids.entries()) {
    const slide = parts.get(id)?.target
    if (slide !== undefined && archive.has(slide)) await readSlide(archive, slide, i + 1, writer)
  }
  const { title, ...properties } = await readProperties(archive, 'docProps/core.xml', FORMAT)
  const { text, blocks } = writer.finish()
  const first = blocks.find(({ kind }) => kind === 'heading')
  return {
    title:
      meant(title) ?? (first ? text.slice(first.start, first.end).slice(0, 200) : fileTitle(options.uri)),
    mediaType: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    text,
    blocks,
    linesMatchFile: false,
    ...properties,
  }
}

const meant = (title: string | undefined): string | undefined =>
  title === undefined || isPlaceholderTitle(title) ? undefined : title

interface Shape {
  isTitle: boolean
  /** Stands on many slides, such as the date: read only where a slide says nothing else. */
  isFurniture: boolean
  readonly parts: (Text | Table)[]
}

interface Text {
  readonly kind: 'text'
  readonly level: number
  text: string
}

interface Table {
  readonly kind: 'table'
  readonly rows: string[][]
}

async function readSlide(
  archive: Archive,
  slide: string,
  page: number,
  writer: DocumentWriter,
): Promise<void> {
  const parts = await relationshipsOf(archive, slide, FORMAT)
  const shapes: Shape[] = []
  const attached: string[] = []
  await readXml(archive, slide, FORMAT, slideHandler(shapes, attached))
  // A slide without a title must not stand under the title of the slide before.
  writer.leave(1)
  const flow = createFlow(writer, () => page)
  for (const shape of meantShapes(shapes).toSorted((a, b) => Number(b.isTitle) - Number(a.isTitle))) {
    const text = shape.parts.map((part) => (part.kind === 'text' ? part.text : '')).join(' ')
    if (shape.isTitle) writer.heading(1, text, page)
    else writeShape(shape, flow, writer, page)
  }
  flow.finish()
  for (const id of attached) {
    const target = parts.get(id)?.target
    if (target === undefined || !archive.has(target)) continue
    const text = target.includes('/charts/')
      ? await readChart(archive, target)
      : await readTexts(archive, target)
    writer.block(target.includes('/charts/') ? 'table' : 'paragraph', text, page)
  }
  const notes = [...parts.values()].find(({ type }) => type === 'notesSlide')?.target
  if (notes === undefined || !archive.has(notes)) return
  const said: Shape[] = []
  await readXml(archive, notes, FORMAT, slideHandler(said, []))
  const text = said
    .filter(({ isFurniture }) => !isFurniture)
    .flatMap((shape) => shape.parts.map((part) => (part.kind === 'text' ? part.text : '')))
  if (text.some((each) => each.trim() !== ''))
    writer.block('paragraph', `Notes: ${text.join('\n').trim()}`, page)
}

function writeShape(
  { parts }: Shape,
  flow: ReturnType<typeof createFlow>,
  writer: DocumentWriter,
  page: number,
): void {
  const texts = parts.filter((part) => part.kind === 'text' && part.text.trim() !== '')
  for (const part of parts) {
    if (part.kind === 'table') {
      flow.finish()
      writer.block('table', tableText(part.rows.map(rowOf)), page)
    } else if (texts.length > 1)
      flow.paragraph({ kind: 'list', level: part.level, marker: '-', text: part.text })
    else flow.paragraph({ kind: 'paragraph', text: part.text })
  }
  flow.finish()
}

/** All but the furniture, unless there is nothing else. */
function meantShapes(shapes: readonly Shape[]): readonly Shape[] {
  const meant = shapes.filter(({ isFurniture }) => !isFurniture)
  const says = ({ parts }: Shape): boolean =>
    parts.some((part) => part.kind === 'table' || part.text.trim() !== '')
  return meant.some(says) ? meant : shapes
}

/** Placeholders repeated on every slide; the slide's number, and its picture on its notes page, say nothing at all. */
const FURNITURE = new Set(['dt', 'ftr', 'hdr'])
const NEVER_READ = new Set(['sldNum', 'sldImg'])

function slideHandler(shapes: Shape[], attached: string[]): XmlHandler {
  let shape: Shape | undefined
  let picture: Shape | undefined
  let paragraph: Text | undefined
  let table: Table | undefined
  let inText = false
  let skipping = 0
  /** For each open group, whether it is hidden. */
  const groups: boolean[] = []
  const add = (): Shape => addShape(groups.includes(true) ? [] : shapes)
  const drop = (dropped: Shape | undefined): void => {
    if (dropped !== undefined && shapes.at(-1) === dropped) shapes.pop()
    shape = undefined
    picture = undefined
  }
  /** The name, description and visibility of a shape, a picture, or the group that has just begun. */
  const describe = ({ hidden = '', descr }: Attributes): void => {
    const isHidden = /^(?:1|true)$/u.test(hidden)
    const subject = picture ?? shape
    if (isHidden && subject !== undefined) drop(subject)
    else if (isHidden && groups.length > 0) groups[groups.length - 1] = true
    else if (shape === undefined && meaningful(descr) !== '')
      (picture ?? add()).parts.push({ kind: 'text', level: 0, text: meaningful(descr) })
  }
  const place = (type: string): void => {
    if (shape === undefined) return
    shape.isTitle = type === 'title' || type === 'ctrTitle'
    shape.isFurniture = FURNITURE.has(type)
    if (NEVER_READ.has(type)) drop(shape)
  }
  return {
    open(name, attributes) {
      if (skipping > 0 || name === 'Fallback') skipping++
      else if (name === 'sp' || name === 'graphicFrame' || name === 'cxnSp') shape = add()
      else if (name === 'pic') picture = add()
      else if (name === 'grpSp') groups.push(false)
      else if (name === 'cNvPr') describe(attributes)
      else if (name === 'ph') place(attributes.type ?? '')
      else if (name === 'tbl' && shape) {
        table = { kind: 'table', rows: [] }
        shape.parts.push(table)
      } else if (name === 'tr') table?.rows.push([])
      else if (name === 'tc') table?.rows.at(-1)?.push('')
      else if (name === 'p' && shape) paragraph = { kind: 'text', level: 0, text: '' }
      else if (name === 'pPr' && paragraph) paragraph = { ...paragraph, level: Number(attributes.lvl ?? 0) }
      else if (name === 't') inText = true
      else if (name === 'br' && paragraph) paragraph.text += '\n'
      else if (name === 'chart' && attributes['r:id'] !== undefined) attached.push(attributes['r:id'])
      else if (name === 'relIds' && attributes['r:dm'] !== undefined) attached.push(attributes['r:dm'])
    },
    text(text) {
      if (inText && skipping === 0 && paragraph) paragraph.text += text
    },
    close(name) {
      if (skipping > 0) skipping--
      else if (name === 't') inText = false
      else if (name === 'p' && paragraph) {
        const row = table?.rows.at(-1)
        const before = row?.pop() ?? ''
        if (row) row.push(before === '' ? paragraph.text : `${before} ${paragraph.text}`)
        else shape?.parts.push(paragraph)
        paragraph = undefined
      } else if (name === 'tbl') table = undefined
      else if (name === 'sp' || name === 'graphicFrame' || name === 'cxnSp') shape = undefined
      else if (name === 'pic') picture = undefined
      else if (name === 'grpSp') groups.pop()
    },
  }
}

function addShape(shapes: Shape[]): Shape {
  const shape: Shape = { isTitle: false, isFurniture: false, parts: [] }
  shapes.push(shape)
  return shape
}

/** Sparse series would otherwise give huge tables: a series may have a value at any index. */
const MAX_CHART_CELLS = 100_000

/** A chart as a table: its title, then one row per category with the value of every series. */
async function readChart(archive: Archive, part: string): Promise<string> {
  let title = ''
  const series: { name: string; categories: string[]; values: string[] }[] = []
  const path: string[] = []
  let at = 0
  await readXml(archive, part, FORMAT, {
    open(name, { idx }) {
      path.push(name)
      if (name === 'ser') series.push({ name: '', categories: [], values: [] })
      if (name === 'pt') at = Math.min(Number(idx), 10_000) || 0
    },
    text(text) {
      const last = series.at(-1)
      if (path.includes('title') && path.at(-1) === 't') title += text
      else if (path.at(-1) !== 'v' || !last) return
      else if (path.includes('tx')) last.name += text
      else if (path.includes('cat') || path.includes('xVal')) last.categories[at] = text
      else if (path.includes('val') || path.includes('yVal')) last.values[at] = text
    },
    close() {
      path.pop()
    },
  })
  const categories = series.find((each) => each.categories.length > 0)?.categories ?? []
  const most = Math.min(
    series.reduce((length, { values }) => Math.max(length, values.length), categories.length),
    Math.floor(MAX_CHART_CELLS / (series.length + 1)),
  )
  const rows = Array.from({ length: most }, (_, i) => [
    categories[i] ?? '',
    ...series.map(({ values }) => values[i] ?? ''),
  ])
  return [title, tableText([['', ...series.map(({ name }) => name)], ...rows].map(rowOf))]
    .filter(Boolean)
    .join('\n')
}

/** All texts of a diagram, one per line. */
async function readTexts(archive: Archive, part: string): Promise<string> {
  const texts: string[] = []
  let inText = false
  await readXml(archive, part, FORMAT, {
    open(name) {
      inText = name === 't'
    },
    text(text) {
      if (inText) texts.push(text)
    },
    close() {
      inText = false
    },
  })
  return texts.join('\n')
}
