/** Reads PDF with pdf.js: pages into lines, lines into paragraphs, without running headers and footers. */

import { getDocumentProxy } from 'unpdf'
import { z } from 'zod'
import type { LoadedDocument } from '../../../domain/document.ts'
import { ChatbotError, errorText } from '../../../domain/errors.ts'
import { oneLine } from '../../../text/lines.ts'
import { fileTitle, type LoadOptions } from '../loader.ts'
import { isPlaceholderTitle } from '../placeholder-title.ts'
import { createDocumentWriter } from '../writing/document-writer.ts'
import { withFields } from './fields.ts'
import { withoutFurniture } from './furniture.ts'
import { headingLevels, type OutlineEntry } from './headings.ts'
import { vocabularyOf } from './hyphens.ts'
import { regionsOf } from './layout.ts'
import { joinParagraphs, paragraphsOf } from './paragraphs.ts'
import { runsOf, type TextRun } from './runs.ts'

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>

/** Throws `needs_password`, `no_text_layer`, `document_corrupt` and `document_too_large`. */
export async function readPdf(bytes: Buffer, options: LoadOptions): Promise<LoadedDocument> {
  const document = await open(bytes, options.password)
  const { pages, unreadable } = await readPages(document, options.maxTextLength)
  const outline = await outlineOf(document)
  const title = await titleOf(document)
  const count = document.numPages
  await document.loadingTask.destroy()

  if (pages.every((runs) => runs.length === 0)) throw withoutText(count, unreadable)
  const bodySize = commonSize(pages)
  const bodies = withoutFurniture(pages, bodySize)
  const vocabulary = vocabularyOf(texts(bodies))
  const body = { size: bodySize, words: vocabulary, codeIsMono: monoShare(bodies) < 0.5 }
  const paragraphs = joinParagraphs(
    bodies.flatMap((runs, i) => paragraphsOf(regionsOf(runs), i + 1, body)),
    vocabulary,
  )
  const levels = headingLevels(paragraphs, outline, bodySize)
  const writer = createDocumentWriter(options.maxTextLength)
  for (const paragraph of paragraphs) {
    const level = levels.get(paragraph)
    if (level === undefined) writer.block(paragraph.kind, paragraph.text, paragraph.page)
    else writer.heading(level, paragraph.text, paragraph.page)
  }
  const first = paragraphs.find((paragraph) => levels.has(paragraph) && paragraph.page === 1)
  return {
    title: title || first?.text.slice(0, 200) || fileTitle(options.uri),
    mediaType: 'application/pdf',
    ...writer.finish(),
    linesMatchFile: false,
    warnings: warningsOf(pages, unreadable),
  }
}

async function open(bytes: Buffer, password: string | undefined): Promise<Pdf> {
  try {
    return await getDocumentProxy(new Uint8Array(bytes), {
      password,
      verbosity: 0,
      useSystemFonts: false,
      disableFontFace: true,
      enableXfa: false,
    })
  } catch (thrown) {
    const { name, message } = thrown instanceof Error ? thrown : { name: '', message: String(thrown) }
    if (name === 'PasswordException')
      throw new ChatbotError(
        'needs_password',
        password === undefined
          ? 'The PDF is encrypted. Put its password into a file and add --password-file FILE.'
          : 'The PDF is encrypted, and the password given does not open it.',
      )
    throw corrupt(message)
  }
}

const corrupt = (why: string): ChatbotError =>
  new ChatbotError(
    'document_corrupt',
    `The PDF is damaged: ${why.replace(/\.$/u, '')}. Get it again, or repair it with \`qpdf in.pdf out.pdf\`.`,
  )

/** After this many unreadable pages in a row, the file is given up. */
const MAX_BROKEN = 50

async function readPages(
  document: Pdf,
  maxTextLength: number,
): Promise<{ pages: TextRun[][]; unreadable: number[] }> {
  const pages: TextRun[][] = []
  const unreadable: number[] = []
  let length = 0
  let broken = 0
  for (let number = 1; number <= document.numPages; number++) {
    try {
      const runs = await readPage(document, number, maxTextLength - length)
      length += runs.reduce((sum, { text }) => sum + text.length, 0)
      pages.push(runs)
      broken = 0
    } catch (thrown) {
      if (thrown instanceof ChatbotError) throw thrown
      unreadable.push(number)
      pages.push([])
      broken++
      const readable = number > unreadable.length
      if (broken >= MAX_BROKEN || (number === document.numPages && !readable))
        throw corrupt(`page ${number} cannot be read (${errorText(thrown)})`)
    }
  }
  return { pages, unreadable }
}

async function readPage(document: Pdf, number: number, maxLength: number): Promise<TextRun[]> {
  const page = await document.getPage(number)
  const { items, styles } = await page.getTextContent()
  let length = 0
  const texts = items.flatMap((item) => {
    if (!('str' in item)) return []
    length += item.str.length
    return [item]
  })
  if (length > maxLength)
    throw new ChatbotError(
      'document_too_large',
      `The text up to page ${number} has more characters than are allowed (ingest.maxTextLength). Split the file, or raise the limit.`,
    )
  // Damaged annotations must not cost the page's text.
  const annotations: unknown[] = await page.getAnnotations().catch(() => [])
  const runs = runsOf(
    withFields(texts, annotations),
    page.getViewport({ scale: 1 }).transform,
    (font) => styles[font]?.fontFamily === 'monospace',
  )
  page.cleanup()
  return runs
}

/** The font size of most of the text, in points. */
function commonSize(pages: readonly (readonly TextRun[])[]): number {
  const characters = new Map<number, number>()
  for (const { size, text } of pages.flat()) {
    const rounded = Math.round(size * 2) / 2
    characters.set(rounded, (characters.get(rounded) ?? 0) + text.length)
  }
  return [...characters].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? 0
}

function monoShare(pages: readonly (readonly TextRun[])[]): number {
  let all = 0
  let mono = 0
  for (const run of pages.flat()) {
    all += run.text.length
    if (run.mono) mono += run.text.length
  }
  return mono / Math.max(1, all)
}

function* texts(pages: readonly (readonly TextRun[])[]): Generator<string> {
  for (const runs of pages) for (const { text } of runs) yield text
}

const MAX_ENTRIES = 10_000

const entrySchema = z.object({ title: z.string(), items: z.array(z.unknown()).default([]) })

/** Entries of the outline in reading order; empty if there is none or it is damaged. */
async function outlineOf(document: Pdf): Promise<OutlineEntry[]> {
  const roots: unknown = await document.getOutline().catch(() => null)
  const entries: OutlineEntry[] = []
  const waiting = (Array.isArray(roots) ? roots : [])
    .map((item: unknown) => ({ item, level: 1 }))
    .toReversed()
  for (let next = waiting.pop(); next && entries.length < MAX_ENTRIES; next = waiting.pop()) {
    const { level } = next
    const entry = entrySchema.safeParse(next.item)
    if (!entry.success) continue
    entries.push({ title: entry.data.title, level })
    for (const item of entry.data.items.toReversed()) waiting.push({ item, level: level + 1 })
  }
  return entries
}

const infoSchema = z.object({ info: z.object({ Title: z.string().optional() }) })

/** The title in the file's metadata, unless it is a file name or placeholder left by the program that made it. */
async function titleOf(document: Pdf): Promise<string> {
  const metadata = infoSchema.safeParse(await document.getMetadata().catch(() => undefined))
  const title = oneLine(metadata.data?.info.Title ?? '')
  const isMeant =
    !isPlaceholderTitle(title) && !/^.*\.\w{2,5}$/u.test(title) && !/[\0-\x08\ufffd]/u.test(title)
  return isMeant ? title.slice(0, 500) : ''
}

function withoutText(count: number, unreadable: readonly number[]): ChatbotError {
  if (unreadable.length === count) return corrupt('none of its pages can be read')
  return new ChatbotError(
    'no_text_layer',
    `The PDF has ${count === 1 ? 'a page' : `${count} pages`} but no text: ${count === 1 ? 'it is an image' : 'they are images'}, a scan perhaps. Add a text layer with \`ocrmypdf in.pdf out.pdf\` (\`-l rus\` for Russian) and ingest that.`,
  )
}

function warningsOf(pages: readonly (readonly TextRun[])[], unreadable: readonly number[]): string[] {
  const damaged = new Set(unreadable)
  const bare = pages.flatMap((runs, i) => (runs.length === 0 && !damaged.has(i + 1) ? [i + 1] : []))
  const characters = pages.flat().reduce((sum, { text }) => sum + text.length, 0)
  const unknown = pages
    .flat()
    .reduce((sum, { text }) => sum + (text.match(/[\ufffd\ue000-\uf8ff]/gu)?.length ?? 0), 0)
  return [
    ...(bare.length > 0
      ? [
          `${bare.length} of ${pages.length} pages have no text (${ranges(bare)}): blank, or images that need OCR, for example with ocrmypdf.`,
        ]
      : []),
    ...(unreadable.length > 0 ? [`Damaged pages were left out: ${ranges(unreadable)}.`] : []),
    ...(unknown > 0.2 * characters
      ? [
          'The fonts do not say which letters they show: much of the text is unreadable. `ocrmypdf --force-ocr` helps.',
        ]
      : []),
  ]
}

/** `1, 3–5` for 1, 3, 4, 5; at most ten ranges. */
function ranges(numbers: readonly number[]): string {
  const parts: { from: number; to: number }[] = []
  for (const number of numbers) {
    const last = parts.at(-1)
    if (last && last.to === number - 1) last.to = number
    else parts.push({ from: number, to: number })
  }
  const shown = parts.slice(0, 10).map(({ from, to }) => (from === to ? `${from}` : `${from}–${to}`))
  return shown.join(', ') + (parts.length > 10 ? ', …' : '')
}
