/**
 * Real files of every format, read in parser processes, must end as an `expected.json` beside them says. With
 * DOCUMENTS=folder those of another folder: `make documents`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { startDocumentParser } from '../../daemon/parser/document-parser.ts'
import { builtinModel } from '../../models/builtin.ts'
import { configSchema } from '../../src/config/schema.ts'
import type { DocumentParser, ParsedDocument } from '../../src/ports/parser.ts'

const folder = resolve(
  process.env.DOCUMENTS ?? fileURLToPath(new URL('../data/documents/real', import.meta.url)),
)
const strings = z.array(z.string()).default([])
const listed = z.object({
  file: z.string(),
  mime: z.string(),
  expect: z.enum(['ok', 'no_text', 'needs_password', 'corrupt']),
  must_include: strings,
  must_not_include: strings,
  nice_to_have: strings,
  headings: strings,
  pages: z.int().optional(),
  max_occurrences: z.record(z.string(), z.int()).default({}),
  password: z.string().optional(),
  with_password_must_include: strings,
})
const { documents } = z
  .object({ documents: z.array(listed).min(1) })
  .parse(JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')))

const CODES = {
  no_text: ['no_text_layer', 'document_empty'],
  needs_password: ['needs_password'],
  corrupt: ['document_corrupt'],
}

let parser: DocumentParser
beforeAll(() => {
  const { ingest } = configSchema.parse({ dataDir: folder, models: { cacheDir: folder } })
  parser = startDocumentParser({
    folderOf: async () => builtinModel().folder,
    maxTextLength: ingest.maxTextLength,
    memoryMegabytes: ingest.parserMemoryMegabytes,
    timeoutMs: ingest.parserTimeoutMs,
  })
})
afterAll(() => parser.close())

const spaced = (text: string): string => text.normalize('NFKC').replace(/\s+/gu, ' ')

function check(document: ParsedDocument, must: readonly string[]): void {
  const text = spaced(document.text)
  for (const fragment of must) expect(text).toContain(spaced(fragment))
  for (const chunk of document.chunks) {
    expect(chunk.text).not.toBe('')
    expect(chunk.text).toBe(document.text.slice(chunk.start, chunk.end))
    expect(chunk.text).not.toMatch(/\0|^\p{Surrogate}|\p{Surrogate}$/u)
  }
}

describe(`files of ${folder}`, () => {
  it.each(documents)('$file: $expect', { timeout: 120_000 }, async (file) => {
    const source = { path: join(folder, file.file), uri: file.file }
    expect(existsSync(source.path)).toBe(true)
    if (file.expect !== 'ok') {
      const error = await parser.parse(source).then(
        () => expect.unreachable('it was read'),
        (thrown: unknown) => z.object({ code: z.string() }).parse(thrown),
      )
      expect(CODES[file.expect]).toContain(error.code)
      if (file.password === undefined) return
      const opened = await parser.parse({ ...source, password: file.password })
      return check(opened, file.with_password_must_include)
    }
    const document = await parser.parse(source)
    check(document, [...file.must_include, ...file.nice_to_have])
    expect(document.mediaType).toBe(file.mime)
    for (const fragment of file.must_not_include) expect(document.text).not.toContain(fragment)
    for (const [fragment, most] of Object.entries(file.max_occurrences))
      expect(document.text.split(fragment).length - 1).toBeLessThanOrEqual(most)
    const paths = new Set(document.chunks.flatMap(({ heading }) => heading.split(' › ')))
    for (const heading of file.headings) expect([...paths]).toContain(heading)
    if (file.pages !== undefined)
      expect(Math.max(...document.chunks.map(({ page }) => page ?? 0))).toBe(file.pages)
  })
})
