import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { packageRoot } from '../../src/config/package-root.ts'
import { type Workspace, workspace } from '../support/cli.ts'

/** The package as a stranger gets it: packed, installed without scripts in an empty folder, used. */
let dir: string
let space: Workspace

// npm runs under the Node that runs this test, whatever the machine's own is.
const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` }
const npm = (args: readonly string[], cwd: string) =>
  execFileSync('npm', args, { cwd, env, encoding: 'utf8' })

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'pack-'))
  const packed = z
    .array(z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) }))
    .parse(JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', dir], packageRoot())))
  const [archive] = packed
  expect(
    archive?.files.map(({ path }) => path).filter((path) => /^(src|test|bench|examples)\//.test(path)),
  ).toEqual([])
  npm(['init', '-y'], dir)
  npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', join(dir, archive?.filename ?? '')], dir)
  space = await workspace({
    program: join(dir, 'node_modules/@chatbot/chatbot/bin/chatbot.js'),
    database: 'none',
  })
}, 600_000)

afterAll(async () => {
  await space?.[Symbol.asyncDispose]()
  rmSync(dir, { recursive: true, force: true })
})

test('doctor, ingest, ask, stop', { timeout: 300_000 }, async () => {
  const doctor = await space.json(['doctor'])
  expect(doctor.document).toMatchObject({ ok: true })
  space.write({ 'tea.md': '# Tea\n\nTea is drunk at five.\n' })
  expect(await space.json(['ingest', 'tea.md'])).toMatchObject({
    code: 0,
    document: { totals: { indexed: 1 } },
  })
  const answer = await space.json(['ask', 'When is tea drunk?'])
  expect(answer).toMatchObject({
    code: 0,
    document: { certainty: 'answered', refused: false, citations: [{ text: 'Tea is drunk at five.' }] },
  })
  expect((await space.json(['stop'])).document).toMatchObject({ stopped: true })
})
