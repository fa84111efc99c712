import { oneLine } from '../../../text/lines.ts'
import { addTableOrRecords, addText, listLine, MAX_INLINE_CHARACTERS } from './records.ts'
import type { TextBuilder } from './text-builder.ts'

/** Nested data of any format. */
export type Tree =
  | { readonly kind: 'value'; readonly text: string; readonly comment?: string }
  | { readonly kind: 'list'; readonly items: readonly Tree[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [key: string, value: Tree])[] }

/** In hostile nesting, paths would grow with every level; UTF-16 code units. */
const MAX_PATH_CHARACTERS = 200
/** Short blocks suffice, because the splitter packs them. */
const LINES_PER_BLOCK = 20

/**
 * Adds nested data as lines of `- path.to.value: text`, lists of flat records as tables, and long values as
 * paragraphs under their path. Not recursive, because hostile data nests deeply.
 */
export function addTree(builder: TextBuilder, root: Tree, headings: readonly string[] = []): void {
  const open: { tree: Tree; path: string }[] = [{ tree: root, path: '' }]
  let lines: string[] = []
  let section = ''
  const pathOf = (): string[] => (section === '' ? [...headings] : [...headings, section])
  const flush = (): void => {
    builder.add('list', lines.join('\n'), pathOf())
    lines = []
  }
  const line = (text: string): void => {
    lines.push(text)
    if (lines.length >= LINES_PER_BLOCK) flush()
  }
  for (let next = open.pop(); next; next = open.pop()) {
    const { tree, path } = next
    const top = sectionOf(path)
    if (top !== section) {
      flush()
      section = top
    }
    if (tree.kind === 'value') {
      if (tree.text.length > MAX_INLINE_CHARACTERS || tree.text.trim().includes('\n')) {
        flush()
        addText(builder, tree.text, path === '' || path === section ? pathOf() : [...pathOf(), path])
      } else if (tree.text !== '') line(withComment(path, tree.text, tree.comment))
      continue
    }
    if (tree.kind === 'list') {
      const records = recordsOf(tree.items)
      if (records) {
        flush()
        addTableOrRecords(
          builder,
          records.header,
          records.rows,
          path === '' || path === section ? pathOf() : [...pathOf(), path],
        )
        continue
      }
      const values = shortValues(tree.items)
      if (values) {
        for (const part of values) line(withComment(path, part))
        continue
      }
    }
    const children =
      tree.kind === 'map'
        ? tree.entries.map(([key, value]) => ({
            tree: value,
            path: joined(path, path === '' ? key : `.${key}`),
          }))
        : tree.items.map((item, i) => ({ tree: item, path: joined(path, `[${i}]`) }))
    for (const child of children.reverse()) open.push(child)
  }
  flush()
}

const joined = (path: string, step: string): string => {
  const longer = path + oneLine(step.slice(0, MAX_PATH_CHARACTERS))
  return longer.length > MAX_PATH_CHARACTERS ? `…${longer.slice(-MAX_PATH_CHARACTERS / 2)}` : longer
}

/** The first key or index of a path: data that shares it forms a section. */
const sectionOf = (path: string): string => /^(?:\[\d+\]|[^.[]+(?=[.[]))/u.exec(path)?.[0] ?? ''

const withComment = (path: string, text: string, comment = ''): string => {
  const line = path === '' ? `- ${oneLine(text)}` : listLine(path, text)
  return comment === '' ? line : `${line} (${oneLine(comment)})`
}

/** Packs a list of short values into as few lines as possible; undefined if it holds anything else. */
function shortValues(items: readonly Tree[]): string[] | undefined {
  const lines: string[] = []
  let open = ''
  for (const item of items) {
    if (item.kind !== 'value' || item.text.length > MAX_INLINE_CHARACTERS) return undefined
    if (open !== '' && open.length + item.text.length > MAX_INLINE_CHARACTERS) {
      lines.push(open)
      open = ''
    }
    open = open === '' ? oneLine(item.text) : `${open}, ${oneLine(item.text)}`
  }
  return open === '' ? lines : [...lines, open]
}

/** Two or more maps with plain values and mostly the same keys, as rows; undefined if they are not. */
function recordsOf(items: readonly Tree[]): { header: string[]; rows: string[][] } | undefined {
  if (items.length < 2) return undefined
  const columns = new Map<string, number>()
  let cells = 0
  for (const item of items) {
    if (item.kind !== 'map') return undefined
    for (const [key, value] of item.entries) {
      if (cellOf(value) === undefined) return undefined
      if (!columns.has(key)) columns.set(key, columns.size)
      cells++
    }
  }
  if (columns.size === 0 || cells < 0.5 * columns.size * items.length) return undefined
  const rows = items.map((item) => {
    const row = Array.from({ length: columns.size }, () => '')
    if (item.kind === 'map')
      for (const [key, value] of item.entries) row[columns.get(key) ?? 0] = cellOf(value) ?? ''
    return row
  })
  return { header: [...columns.keys()], rows }
}

function cellOf(tree: Tree): string | undefined {
  if (tree.kind === 'value') return tree.text
  if (tree.kind === 'map') return tree.entries.length === 0 ? '' : undefined
  const values = shortValues(tree.items)
  return values && values.length <= 1 ? (values[0] ?? '') : undefined
}
