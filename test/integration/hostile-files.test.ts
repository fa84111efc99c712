/** Files made to harm: each ends with a clear result in a bounded process, and the next file is read. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { startDocumentParser } from '../../daemon/parser/document-parser.ts'
import { builtinModel } from '../../models/builtin.ts'
import type { DocumentParser } from '../../src/ports/parser.ts'
import { HOSTILE_FILES } from '../support/hostile-files.ts'

let folder: string
let parser: DocumentParser
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chatbot-hostile-'))
  await writeFile(join(folder, 'good.md'), '# Fine\n\nThis is read.\n')
  parser = startDocumentParser({
    folderOf: async () => builtinModel().folder,
    maxTextLength: 33_554_432,
    memoryMegabytes: 1024,
    timeoutMs: 60_000,
  })
})
afterAll(async () => {
  await parser.close()
  await rm(folder, { recursive: true })
})

describe('hostile files', () => {
  it.each(HOSTILE_FILES.filter(({ heavy }) => heavy !== true))(
    '$name',
    { timeout: 90_000 },
    async ({ name, bytes, ends }) => {
      const path = join(folder, name)
      await writeFile(path, bytes())
      const error = await parser.parse({ path, uri: name }).then(
        () => ({ code: 'ok', message: '' }),
        (thrown: unknown) => z.object({ code: z.string(), message: z.string() }).parse(thrown),
      )
      expect(ends, error.message).toContain(error.code)
      const good = await parser.parse({ path: join(folder, 'good.md'), uri: 'good.md' })
      expect(good.title).toBe('Fine')
    },
  )
})
