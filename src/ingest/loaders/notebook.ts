import type { LoadedDocument } from '../../domain/document.ts'
import { parseJson } from '../../domain/json.ts'
import { json } from './json.ts'
import { fileTitle, type TextLoader } from './loader.ts'
import { markdown } from './markdown.ts'

/** Jupyter notebooks: their texts, code and printed results in order, as Markdown. Pictures are no text. */
export const notebook = {
  reads: 'text',
  name: 'Jupyter notebook',
  extensions: ['ipynb'],
  recognises: (bytes) =>
    /^(?:\xef\xbb\xbf)?\s*\{/u.test(bytes.toString('latin1', 0, 100)) &&
    bytes.includes('"nbformat"') &&
    bookOf(bytes.toString('utf8'))?.nbformat !== undefined,
  async load(source, uri): Promise<LoadedDocument> {
    const book = bookOf(source)
    if (book === undefined) return json.load(source, uri)
    const language = languageOf(book)
    const written = cellsOf(book).map((cell) => cellText(cell, language))
    const text = written.filter((each) => each.trim() !== '').join('\n\n')
    const document = await markdown.load(text, uri)
    const title = stringOf(recordOf(book.metadata)?.title)
    return {
      ...document,
      title: title || document.title || fileTitle(uri),
      mediaType: 'application/x-ipynb+json',
      linesMatchFile: false,
    }
  },
} satisfies TextLoader

type Fields = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const recordOf = (value: unknown): Fields | undefined => (isRecord(value) ? value : undefined)
const recordsOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isRecord) : [])
const stringOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Texts are strings or lists of lines. */
const linesOf = (value: unknown): string =>
  Array.isArray(value) ? value.map(stringOf).join('') : stringOf(value)

/** Undefined if it is JSON of another kind, or none. */
function bookOf(source: string): Fields | undefined {
  try {
    const value: unknown = parseJson(source)
    return isRecord(value) && (Array.isArray(value.cells) || Array.isArray(value.worksheets))
      ? value
      : undefined
  } catch {
    return undefined
  }
}

/** Before the fourth version of the format, cells stood in worksheets. */
const cellsOf = (book: Fields): Fields[] => [
  ...recordsOf(book.cells),
  ...recordsOf(book.worksheets).flatMap((sheet) => recordsOf(sheet.cells)),
]

function languageOf({ metadata }: Fields): string {
  const about = recordOf(metadata)
  const named = [about?.language_info, about?.kernelspec].map((each) => {
    const fields = recordOf(each)
    return stringOf(fields?.language) || stringOf(fields?.name)
  })
  return /^[\w+#.-]{1,30}$/u.exec(named.find(Boolean) ?? '')?.[0].toLowerCase() ?? ''
}

function cellText(cell: Fields, language: string): string {
  const text = linesOf(cell.source) || linesOf(cell.input)
  switch (cell.cell_type) {
    case 'markdown':
      return text.replace(PICTURE, '$1')
    case 'heading':
      return `${'#'.repeat(Math.min(6, Number(cell.level) || 1))} ${text}`
    case 'code':
      return [fenced(text, language), ...recordsOf(cell.outputs).map(outputText)].filter(Boolean).join('\n\n')
    default:
      return text
  }
}

/** A picture that is written into the text: its description stays. */
const PICTURE = /!\[([^\][]*)\]\((?:data|attachment):[^()]*\)/gu

/** Of a longer result, the beginning is read; UTF-16 code units. */
const MAX_OUTPUT_CHARACTERS = 20_000

function outputText(output: Fields): string {
  if (output.output_type === 'error' || output.output_type === 'pyerr')
    return fenced(`${stringOf(output.ename)}: ${linesOf(output.evalue)}`, '')
  const data = recordOf(output.data) ?? output
  const written = linesOf(data['text/markdown'])
  if (written !== '') return cutOutput(written).replace(PICTURE, '$1')
  const text = linesOf(data.text) || linesOf(data['text/plain'])
  // What a library calls a picture or an object: `<Figure size 640x480 with 1 Axes>`.
  return /^\s*<[^<>]*>\s*$/u.test(text) ? '' : fenced(cutOutput(text), '')
}

const cutOutput = (text: string): string =>
  text.length > MAX_OUTPUT_CHARACTERS ? `${text.slice(0, MAX_OUTPUT_CHARACTERS)} …` : text

/** In a fence that is longer than any in the text. Terminal colours are dropped. */
function fenced(source: string, language: string): string {
  const text = source.replace(/\x1b\[[0-9;:?]*[ -/]*[@-~]/gu, '').trimEnd()
  if (text.trim() === '') return ''
  const longest = (text.match(/`{3,}/gu) ?? []).reduce((most, each) => Math.max(most, each.length), 2)
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text}\n${fence}`
}
