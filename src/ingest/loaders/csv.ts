import type { ParseResult } from 'papaparse'
import { fileTitle, type TextLoader } from './loader.ts'
import { addTableOrRecords } from './writing/records.ts'
import { createTextBuilder } from './writing/text-builder.ts'

/** The delimiter is detected, quoted cells may contain line breaks, and the first row names the columns. */
export const csv = {
  reads: 'text',
  name: 'CSV',
  extensions: ['csv', 'tsv', 'tab', 'psv'],
  async load(source, uri) {
    const { default: papa } = await import('papaparse')
    // Excel may name the delimiter in the first line.
    const named = /^sep=(.)\n/u.exec(source)
    const { data: rows, errors }: ParseResult<string[]> = papa.parse<string[]>(
      named ? source.slice(named[0].length) : source,
      {
        delimiter: named?.[1] ?? '',
        delimitersToGuess: [',', ';', '\t', '|'],
        skipEmptyLines: 'greedy',
      },
    )
    const builder = createTextBuilder()
    const [header = [], ...records] = rows
    const form = addTableOrRecords(builder, header, records, [])
    const unclosed = errors.find(({ type }) => type === 'Quotes')
    return {
      title: fileTitle(uri),
      mediaType: 'text/csv',
      ...builder.finish(),
      linesMatchFile: form === 'table' && !named && rows.length === source.trimEnd().split('\n').length,
      warnings: unclosed
        ? [`A quotation mark is not closed (row ${(unclosed.row ?? 0) + 1}): ${unclosed.message}.`]
        : [],
    }
  },
} satisfies TextLoader
