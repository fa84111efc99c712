import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatbot-regexes-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** In a process of its own: the check loads the file to see which regexes it puts together. */
function problemsOf(source: string, excused = '[]'): string {
  const file = join(folder, 'planted.ts')
  writeFileSync(file, source)
  const check = new URL('../regexes/check.ts', import.meta.url).href
  const script = `import { checkRegexes } from ${JSON.stringify(check)}
    const { problems } = await checkRegexes([${JSON.stringify(file)}], ${excused}, ${JSON.stringify(join(folder, 'verdicts.json'))})
    console.log(problems.join('\\n'))`
  const main = join(folder, 'main.mjs')
  writeFileSync(main, script)
  const { stdout, stderr, status } = spawnSync(process.execPath, [main], { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  return stdout
}

test('a planted regex that is not linear is found, as a literal and put together', () => {
  expect(problemsOf('export const planted = /^(a+)+$/u\n')).toContain('is not linear')
  expect(
    problemsOf("const word = '[a-z]+'\nexport const planted = new RegExp(word + '!', 'gu')\n"),
  ).toContain('is not linear')
})

test('a linear one passes, and an excuse for what is not there does not', () => {
  expect(problemsOf('export const fine = /^[a-z]+!/u\n').trim()).toBe('')
  expect(problemsOf('export const fine = /^[a-z]+!/u\n', "[{ regex: /gone/, reason: 'none' }]")).toContain(
    'nowhere any more',
  )
})
