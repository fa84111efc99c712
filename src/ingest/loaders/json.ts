import type { LoadedDocument } from '../../domain/document.ts'
import { parseJson } from '../../domain/json.ts'
import { fileTitle, type TextLoader } from './loader.ts'
import { paragraphs } from './text.ts'
import { createTextBuilder } from './writing/text-builder.ts'
import { addTree, type Tree } from './writing/tree.ts'

/** JSON and JSON Lines (a record per line). An invalid file is read as text, with a warning. */
export const json = {
  reads: 'text',
  name: 'JSON',
  extensions: ['json', 'jsonl', 'ndjson', 'geojson', 'webmanifest'],
  recognises(bytes) {
    if (!/^(?:\xef\xbb\xbf)?\s*[[{]/u.test(bytes.subarray(0, 200).toString('latin1'))) return false
    return !('problem' in parsed(bytes.toString('utf8')))
  },
  load(source, uri) {
    const whole = parsed(source)
    const lines = 'problem' in whole ? parsedLines(source) : undefined
    const title = fileTitle(uri)
    const mediaType = lines ? 'application/jsonl' : 'application/json'
    if ('problem' in whole && !lines)
      return invalid(source, title, mediaType, `Not valid JSON: ${whole.problem}`)
    const builder = createTextBuilder()
    addTree(builder, treeOf(lines?.records ?? ('value' in whole ? whole.value : undefined)))
    const bad = lines?.bad ?? []
    const warnings =
      bad.length > 0
        ? [`${bad.length} lines are not valid JSON and were left out; the first is line ${bad[0]}.`]
        : []
    return { title, mediaType, ...builder.finish(), linesMatchFile: false, warnings }
  },
} satisfies TextLoader

/** The source unchanged, for a file that does not parse as its extension claims. */
export const invalid = (
  source: string,
  title: string,
  mediaType: string,
  problem: string,
): LoadedDocument => ({
  title,
  mediaType,
  text: source,
  blocks: paragraphs(source, 0).map((block) => ({ ...block, kind: 'code' })),
  linesMatchFile: true,
  warnings: [`${problem.slice(0, 300)} It was read as plain text.`],
})

function parsed(source: string): { value: unknown } | { problem: string } {
  try {
    const text = source.startsWith('\uFEFF') ? source.slice(1) : source
    return { value: parseJson(text, LONG_NUMBER.test(text) ? { reviver: asWritten } : {}) }
  } catch (thrown) {
    return { problem: thrown instanceof Error ? `${thrown.message}.` : 'it cannot be parsed.' }
  }
}

/** Numbers that JavaScript would round keep their digits. */
const LONG_NUMBER = /[\s:[,-]\d{16}/u
const asWritten = (_key: string, value: unknown, context?: { source?: string }): unknown =>
  typeof value === 'number' ? (context?.source ?? value) : value

/** Undefined unless nearly every line is valid JSON. `bad` are 1-based line numbers. */
function parsedLines(source: string): { records: unknown[]; bad: number[] } | undefined {
  const records: unknown[] = []
  const bad: number[] = []
  for (const [i, line] of source.split('\n').entries()) {
    if (line.trim() === '') continue
    const result = parsed(line)
    if ('value' in result) records.push(result.value)
    else bad.push(i + 1)
    if (bad.length > 10 + records.length / 10) return undefined
  }
  return records.length > 1 && records.length >= 9 * bad.length ? { records, bad } : undefined
}

/** Lazy: children are built when `addTree` reads them, so deep nesting costs no stack. */
function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) {
    return {
      kind: 'list',
      get items() {
        return value.map(treeOf)
      },
    }
  }
  if (typeof value === 'object' && value !== null) {
    return {
      kind: 'map',
      get entries() {
        return Object.entries(value).map(([key, inner]) => [key, treeOf(inner)] as const)
      },
    }
  }
  return { kind: 'value', text: value === null || value === undefined ? '' : String(value) }
}
