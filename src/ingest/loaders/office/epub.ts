/** Reads e-books: chapters in spine order, each through the HTML renderer. */
import { posix } from 'node:path'
import { parseHTML } from 'linkedom'
import type { LoadedDocument } from '../../../domain/document.ts'
import { ChatbotError } from '../../../domain/errors.ts'
import { oneLine } from '../../../text/lines.ts'
import { decodeText } from '../decoding/decode.ts'
import { mediaApplies } from '../html/css/media.ts'
import { readSheet, type Sheets } from '../html/css/sheet.ts'
import type { DomDocument } from '../html/dom.ts'
import { removeHidden } from '../html/hidden.ts'
import { renderHtml } from '../html/render.ts'
import { tamedHtml } from '../html/source.ts'
import { fileTitle, type LoadOptions } from '../loader.ts'
import { createDocumentWriter } from '../writing/document-writer.ts'
import { type Archive, damaged, openArchive } from './archive.ts'
import { readXml } from './xml.ts'

const FORMAT = 'EPUB'
/** A chapter becomes a DOM tree in memory, so its size is bounded. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024
const MAX_STYLE_BYTES = 4 * 1024 * 1024

export async function readEpub(bytes: Buffer, options: LoadOptions): Promise<LoadedDocument> {
  const archive = await openArchive(bytes, FORMAT)
  const book = await readPackage(archive)
  if (archive.has('META-INF/rights.xml'))
    throw new ChatbotError('unsupported_format', 'The e-book is protected by DRM and cannot be read.')
  const writer = createDocumentWriter(options.maxTextLength)
  const { title = fileTitle(options.uri), author, description } = book.metadata
  // The book's metadata answers questions about the book.
  writer.block('paragraph', [title, author, description && plain(description)].filter(Boolean).join('\n'))
  const names = await readContents(archive, book)
  const styles = stylesOf(archive)
  const warnings = new Set<string>()
  for (const part of book.spine) {
    if (!archive.has(part)) continue
    const content = (await archive.read(part, MAX_PAGE_BYTES)) ?? Buffer.alloc(0)
    const chapter = await renderChapter(content, part, styles)
    for (const warning of chapter.warnings) warnings.add(warning)
    const name = names.get(part)
    const first = chapter.blocks.find(({ start, end }) => chapter.text.slice(start, end).trim() !== '')
    writer.leave(1)
    if (name !== undefined && first && chapter.text.slice(first.start, first.end) === name)
      writer.heading(1, name)
    else if (name !== undefined && first && first.kind !== 'heading') writer.heading(1, name)
    writer.include(chapter)
  }
  return {
    title,
    mediaType: 'application/epub+zip',
    ...writer.finish(),
    linesMatchFile: false,
    metadata: book.metadata,
    warnings: [...warnings],
  }
}

/** Gives a style sheet, parsed once because chapters share them; undefined if it is not in the book. */
type Styles = (part: string) => Promise<Sheets | undefined>

function stylesOf(archive: Archive): Styles {
  const read = new Map<string, Promise<Sheets | undefined>>()
  const sheet = async (part: string) => {
    if (!archive.has(part)) return undefined
    const bytes = (await archive.read(part, MAX_STYLE_BYTES)) ?? Buffer.alloc(0)
    return readSheet(decodeText(bytes).text)
  }
  return (part) => {
    const found = read.get(part) ?? sheet(part)
    read.set(part, found)
    return found
  }
}

interface Book {
  readonly metadata: Readonly<Record<string, string>>
  /** Parts in reading order. */
  readonly spine: readonly string[]
  /** The table of contents: `nav` is EPUB 3's page, `ncx` EPUB 2's list. */
  readonly contents: { readonly nav?: string; readonly ncx?: string }
}

async function readPackage(archive: Archive): Promise<Book> {
  let root: string | undefined
  await readXml(archive, 'META-INF/container.xml', FORMAT, {
    open(name, attributes) {
      if (name === 'rootfile') root ??= attributes['full-path']
    },
  })
  if (root === undefined || !archive.has(root)) throw damaged(FORMAT, 'its package file is missing')
  const folder = posix.dirname(root)
  const items = new Map<string, { part: string; properties: string; type: string }>()
  const spine: string[] = []
  const metadata: Record<string, string> = {}
  let field = ''
  await readXml(archive, root, FORMAT, {
    open(name, attributes) {
      field = name
      if (name === 'item')
        items.set(attributes.id ?? '', {
          part: partOf(folder, attributes.href ?? ''),
          properties: attributes.properties ?? '',
          type: attributes['media-type'] ?? '',
        })
      else if (name === 'itemref') spine.push(attributes.idref ?? '')
    },
    text(text) {
      const key = FIELDS[field]
      if (key !== undefined && text.trim() !== '')
        metadata[key] = [metadata[key], oneLine(text)].filter(Boolean).join(', ').slice(0, 2000)
    },
    close() {
      field = ''
    },
  })
  const all = [...items.values()]
  const nav = all.find(({ properties }) => properties.split(/\s+/u).includes('nav'))?.part
  const ncx = all.find(({ type }) => type === 'application/x-dtbncx+xml')?.part
  return {
    metadata,
    spine: spine.flatMap((id) => items.get(id)?.part ?? []).filter((part) => part !== nav),
    contents: { nav, ncx },
  }
}

const FIELDS: Readonly<Record<string, string>> = {
  title: 'title',
  creator: 'author',
  description: 'description',
  language: 'language',
  publisher: 'publisher',
  subject: 'subject',
}

/** Resolves an `href` in a file in `folder` to the name of a part. */
function partOf(folder: string, href: string): string {
  const [path = ''] = href.split(/[#?]/u, 1)
  try {
    return posix.join(folder, decodeURIComponent(path))
  } catch {
    return posix.join(folder, path)
  }
}

/** Names of parts in the table of contents; the first entry of a part counts. */
async function readContents(
  archive: Archive,
  { contents: { nav, ncx } }: Book,
): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  const add = (from: string, href: string, name: string) => {
    const part = partOf(posix.dirname(from), href)
    const text = oneLine(name)
    if (text !== '' && !names.has(part)) names.set(part, text)
  }
  if (nav !== undefined && archive.has(nav)) {
    const page = parse((await archive.read(nav, MAX_PAGE_BYTES)) ?? Buffer.alloc(0))
    for (const link of page.querySelectorAll('nav a[href]'))
      add(nav, link.getAttribute('href') ?? '', link.textContent ?? '')
  } else if (ncx !== undefined && archive.has(ncx)) {
    let label = ''
    await readXml(archive, ncx, FORMAT, {
      open(name, { src }) {
        if (name === 'navLabel') label = ''
        if (name === 'content' && src !== undefined) add(ncx, src, label)
      },
      text(text) {
        label += text
      },
    })
  }
  return names
}

function parse(bytes: Buffer): DomDocument {
  const declared = /^[^>]{0,200}encoding\s*=\s*["']([\w-]{2,40})/iu.exec(
    bytes.subarray(0, 300).toString('latin1'),
  )?.[1]
  const { text } = decodeText(bytes, declared)
  // linkedom reads `<title/>` as an opening tag.
  const page = text
    .replace(/<\?xml[^<>?]*\?>/giu, '')
    .replace(/<(title|script|style|a|p|div|span|i|b|em)(\s[^<>]*)?\/>/giu, '<$1$2></$1>')
  const { document }: { document: DomDocument } = parseHTML(tamedHtml(page).page)
  return document
}

async function renderChapter(bytes: Buffer, part: string, styles: Styles) {
  if (bytes.length === 0) return { text: '', blocks: [], warnings: [] }
  const page = parse(bytes)
  const linked: (Sheets | undefined)[] = []
  for (const link of page.querySelectorAll('link[rel~="stylesheet" i][href]'))
    if (mediaApplies(link.getAttribute('media') ?? ''))
      linked.push(await styles(partOf(posix.dirname(part), link.getAttribute('href') ?? '')))
  const warnings = removeHidden(page, {
    linked: linked.filter((sheet) => sheet !== undefined),
    isPartial: linked.includes(undefined),
  })
  for (const element of page.querySelectorAll('head, script, style, svg')) element.remove()
  return { ...renderHtml(page), warnings }
}

/** Descriptions may contain HTML. */
const plain = (text: string): string => oneLine(text.replace(/<[^<>]*>/gu, ' '))
